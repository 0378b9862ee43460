"""From a conversation to its assessment: type, severity, risk level, timeline and score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.taxonomy import NONE_TYPE, RiskLevel, SignalFamily, Timeline

from . import answers, combine, context, despair, finding, parting, protective
from .lexicon import RULES
from .prefilter import Prefilter
from .reading import Reading, plain, read
from .signals import PAST, PRESENT, Signal

_MAX_MESSAGE_CHARS: Final = 20_000


@dataclass(frozen=True)
class Assessment:
    """What the rules say of a conversation. `score` lies in 0..1; `severity` is None exactly for `none`."""

    score: float
    crisis_type: str
    severity: int | None
    secondary_types: tuple[str, ...]
    risk_level: str
    timeline: str
    signals: tuple[Signal, ...]
    discounted: tuple[Signal, ...]
    protective_factors: tuple[str, ...]
    about_someone_else: bool
    medical: bool
    bereavement: bool

    @property
    def crisis(self) -> bool:
        """Whether the rules propose one of the six types."""
        return self.crisis_type != NONE_TYPE

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON without any of the conversation's words."""
        return {
            "score": self.score,
            "crisis_type": self.crisis_type,
            "severity": self.severity,
            "secondary_types": list(self.secondary_types),
            "risk_level": self.risk_level,
            "timeline": self.timeline,
            "signals": [signal.as_dict() for signal in self.signals],
            "discounted": [signal.as_dict() for signal in self.discounted],
            "protective_factors": list(self.protective_factors),
            "about_someone_else": self.about_someone_else,
            "medical": self.medical,
            "bereavement": self.bereavement,
        }


_NOTHING_FOUND: Final = Assessment(
    combine.score_of(None, set(), ()), NONE_TYPE, None, (), RiskLevel.NONE.value, Timeline.ONGOING.value, (), (), (),
    False, False, False,
)  # fmt: skip
_SOMEONE, _BEREAVEMENT = 0, 1
_FACTORS: Final = dict(enumerate(protective.FACTORS, 2))
_FLAGS: Final = (context.SOMEONE_IN_DANGER, context.BEREAVEMENT, *protective.FACTORS.values())
_SHORT_MESSAGE: Final = 160
_MILD: Final = 2
_CUES_FROM: Final = len(RULES)
_PARTING_FROM: Final = _CUES_FROM + len(despair.CUES)
_FLAGS_FROM: Final = _PARTING_FROM + len(parting.CUES)
_PREFILTER: Final = Prefilter(
    [
        *(rule.pattern.pattern for rule in RULES),
        *(cue.pattern.pattern for cue in despair.CUES),
        *(pattern.pattern for pattern in parting.PATTERNS),
        *(flag.pattern for flag in _FLAGS),
    ]
)


def assess(messages: Sequence[Mapping[str, str]]) -> Assessment:
    """Assess a conversation of {"role", "content"} messages; only the user's words are judged.

    An assistant's question gives a bare "yes, every night" its meaning. Messages are read up to 20,000 characters.
    """
    said = [
        (index, plain(message["content"][:_MAX_MESSAGE_CHARS]))
        for index, message in enumerate(messages)
        if message["role"] == "user"
    ]
    possible = _PREFILTER.possible("\n\n".join(text for _, text in said))
    asked = answers.asked_in(messages)
    if not possible and not asked:
        return _NOTHING_FOUND
    readings = [(index, read(text)) for index, text in said]
    whole = "\n\n".join(reading.text for _, reading in readings)
    numbers = _PREFILTER.matching(whole)
    if not numbers and not asked:
        return _NOTHING_FOUND
    return _assessment(readings, whole, numbers, asked)


def _despair(
    readings: Sequence[tuple[int, Reading]], cues: Sequence[despair.Cue], found: Sequence[Signal]
) -> list[Signal]:
    """Return the sign of weak cues where no other is there, or a graver one beside a mild sign of ideation."""
    present = [signal for signal in found if signal.status == PRESENT and signal.severity >= _MILD]
    if not present:
        return despair.signals(readings, cues)
    if any(signal.severity > _MILD or signal.crisis_type != "passive_ideation" for signal in present):
        return []
    return [replace(signal, severity=_MILD + 1) for signal in despair.signals(readings, cues, despair.GRAVE)]


def _is_joking(readings: Sequence[tuple[int, Reading]], place: int) -> bool:
    """Whether a short message follows a laugh or is taken back in the next one."""
    if len(readings[place][1].text) > _SHORT_MESSAGE:
        return False
    before = place > 0 and context.is_joke(readings[place - 1][1].text)
    return before or (place + 1 < len(readings) and context.is_taken_back(readings[place + 1][1].text))


def _assessment(
    readings: Sequence[tuple[int, Reading]],
    whole: str,
    numbers: Sequence[int],
    asked: Mapping[int, tuple[answers.Question, ...]],
) -> Assessment:
    rules = [RULES[number] for number in numbers if number < _CUES_FROM]
    cues = [despair.CUES[number - _CUES_FROM] for number in numbers if _CUES_FROM <= number < _PARTING_FROM]
    partings = [number - _PARTING_FROM for number in numbers if _PARTING_FROM <= number < _FLAGS_FROM]
    found: list[Signal] = []
    for place, (index, reading) in enumerate(readings):
        found.extend(finding.signals_in(index, reading, rules, _is_joking(readings, place)))
    found.extend(answers.affirmed(readings, asked))
    found.extend(parting.signals(readings, partings))
    found = finding.without_overlaps(finding.persisting(found))
    found.extend(_despair(readings, cues, found))
    counting = [signal for signal in found if signal.status == PRESENT or (signal.status == PAST and signal.severity)]
    severities = combine.severities_of(counting, whole, context.shows_relief(readings[-1][1].text))
    crisis_type = combine.primary_of(severities)
    severity = severities.get(crisis_type)
    timeline = combine.timeline_of(counting, {index: reading.text for index, reading in readings})
    flags = [number - _FLAGS_FROM for number in numbers if number >= _FLAGS_FROM]
    named = [_FACTORS[flag] for flag in flags if flag in _FACTORS]
    factors = tuple(factor.value for factor in protective.protective_factors(whole, named))
    families = {signal.family for signal in counting}
    return Assessment(
        score=combine.score_of(severity, families, factors),
        crisis_type=crisis_type,
        severity=severity,
        secondary_types=tuple(sorted((kind for kind in severities if kind != crisis_type), key=taxonomy.harm_rank)),
        risk_level=combine.risk_level_of(severity, families, timeline).value,
        timeline=timeline.value,
        signals=tuple(counting),
        discounted=tuple(signal for signal in found if signal not in counting),
        protective_factors=factors,
        about_someone_else=_SOMEONE in flags and context.someone_else_in_danger(whole),
        medical=any(signal.family == SignalFamily.MEDICAL_EMERGENCY for signal in counting),
        bereavement=_BEREAVEMENT in flags and context.is_bereavement(whole),
    )
