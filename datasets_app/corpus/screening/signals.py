"""What the detector finds: signals with their place, and the rules that find them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from datasets_app.corpus.taxonomy import NONE_TYPE, CrisisSignal, SignalFamily, Timeline

# A match may be seen and still not count; the status says why.
PRESENT: Final = "present"
PAST: Final = "past"
NEGATED: Final = "negated"
THIRD_PERSON: Final = "third_person"
QUOTED: Final = "quoted"
HYPERBOLE: Final = "hyperbole"


@dataclass(frozen=True)
class Rule:
    """One pattern. `firm` marks plans, means, times and acts, which no denial, joke or idiom cancels."""

    name: str
    family: SignalFamily
    crisis_type: str
    severity: int
    pattern: re.Pattern[str]
    signal: CrisisSignal | None = None
    firm: bool = False
    timeline: Timeline | None = None
    body_symptom: bool = False
    needs_first_person: bool = True
    cancelled_by_not: bool = True
    also: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class Signal:
    """A rule that matched: message index, character span in it, and whether it counts (`status` "present")."""

    rule: str
    family: str
    crisis_type: str
    severity: int
    message: int
    start: int
    end: int
    status: str = PRESENT
    signal: str = ""
    firm: bool = False
    timeline: str = ""
    also: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the signal as plain JSON; it names places, never words."""
        return {
            "rule": self.rule,
            "family": self.family,
            "signal": self.signal,
            "crisis_type": self.crisis_type,
            "severity": self.severity,
            "message": self.message,
            "start": self.start,
            "end": self.end,
            "status": self.status,
        }


_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[+*]")
_BOUNDED: Final = {"+": "{1,24}", "*": "{0,24}"}


def bounded(pattern: str) -> str:
    """Return the pattern with every open repetition ended at 24: a search then costs in step with the text."""
    return _TOKEN.sub(lambda token: _BOUNDED.get(token.group(), token.group()), pattern)


def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern in which a space stands for some white space.

    ASCII only, as google-re2 reads word boundaries.
    """
    spaced = pattern.replace(" ?", r"\s?").replace("[, ]", r"[,\s]").replace("[- ]", r"[-\s]").replace(" ", r"\s{1,4}")
    return re.compile(bounded(spaced), re.IGNORECASE | re.ASCII)


def rule(name: str, family: SignalFamily, crisis_type: str, severity: int, pattern: str, **options: Any) -> Rule:
    """Make a rule of a pattern as `compiled` takes it."""
    return Rule(name, family, crisis_type or NONE_TYPE, severity, compiled(pattern), **options)
