"""Invented conversations with the answer that each should get (I10), and what an answer does not do as it should.

The file beside this module is data for anybody: the command `scenarios`, the integration suite, clients of the API.
`boundary` are the guideline's examples word for word, `integration` the 18 dialogues of the integration suite,
`context` and `dialogues` were written while the rules were, `heldout` after them: only those say how the rules do on
words that they were not made for. `asked` are answers to an assistant's question about suicide: a clear no, a no that
leaves a door open, a no beside a disclosure (docs/decisions/0034-a-no-is-the-model-s-to-learn.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from datasets_app.corpus.render import render_conversation
from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.assessment import UNKNOWN_BAND, Decision, decide
from inference.engine.rules import find
from inference.engine.session import ModelSession

FILE: Final = Path(__file__).with_name("scenarios.json")
FORMAT: Final = "pixelhub.scenarios/1"
GROUPS: Final = ("integration", "boundary", "context", "dialogues", "heldout", "asked")


@dataclass(frozen=True)
class Expected:
    """What is right. `crisis` None: both are right; `severity` and `types` are for answers that call it a crisis."""

    crisis: bool | None
    bands: tuple[str, ...]
    types: tuple[str, ...]
    severity: tuple[int, ...]
    alert_at_least: str


@dataclass(frozen=True)
class Scenario:
    """One conversation of {"role", "content"} messages; `why` is the guideline's reason."""

    id: str
    group: str
    title: str
    messages: tuple[dict[str, str], ...]
    expected: Expected
    why: str


@cache
def scenarios() -> tuple[Scenario, ...]:
    """All scenarios in the order of the file. Raises ValueError for a file of another format."""
    document = orjson.loads(FILE.read_bytes())
    if document["format"] != FORMAT:
        raise ValueError(f"{FILE.name} is not {FORMAT}")
    return tuple(_scenario(entry) for entry in document["scenarios"])


def _scenario(entry: Mapping[str, Any]) -> Scenario:
    expected = entry["expected"]
    return Scenario(
        id=entry["id"],
        group=entry["group"],
        title=entry["title"],
        messages=tuple(entry["messages"]),
        expected=Expected(
            crisis=expected["crisis"],
            bands=tuple(expected["bands"]),
            types=tuple(expected["types"]),
            severity=tuple(expected["severity"]),
            alert_at_least=expected.get("alert_at_least", "none"),
        ),
        why=entry["why"],
    )


def decision_for(scenario: Scenario, session: ModelSession | None = None) -> Decision:
    """The decision of the rules alone, or of `session` with the rules beside it, as the service makes it."""
    finding = find(scenario.messages)
    if session is None:
        return decide(None, finding)
    text = render_conversation(scenario.messages, last=session.bundle.last_messages)
    return decide(session.run([session.encode(text)])[0], finding)


def wrong_in(
    expected: Expected, *, crisis: bool | None, crisis_type: str | None, band: str, alert_level: str
) -> list[str]:
    """Name what of an answer is not as it should be: "missed", "false alarm", "band", "type", "alert".

    An answer of the rules alone may be unknown where no crisis is expected: it says "have a person read this".
    """
    called = crisis is True
    if expected.crisis is True and not called:
        return ["missed"]
    if expected.crisis is False and called:
        return ["false alarm"]
    wrong = []
    unknown = band == UNKNOWN_BAND and expected.crisis is not True
    if band not in expected.bands and not unknown:
        wrong.append("band")
    if called and expected.types and crisis_type not in expected.types:
        wrong.append("type")
    if ALERT_LEVELS.index(alert_level) > ALERT_LEVELS.index(expected.alert_at_least):
        wrong.append("alert")
    return wrong


def wrong_with(scenario: Scenario, decision: Decision) -> list[str]:
    """The same for a decision."""
    return wrong_in(
        scenario.expected,
        crisis=decision.crisis,
        crisis_type=decision.crisis_type,
        band=decision.band,
        alert_level=decision.alert_level,
    )


def of_group(group: str, among: Sequence[Scenario] | None = None) -> list[Scenario]:
    """The scenarios of one group."""
    return [scenario for scenario in (scenarios() if among is None else among) if scenario.group == group]
