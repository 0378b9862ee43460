# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""From a message to its signals: which rules match, and whether each match counts (`Signal.status`)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from datasets_app.corpus.taxonomy import NONE_TYPE, SignalFamily

from . import context
from .reading import Reading
from .signals import HYPERBOLE, NEGATED, PAST, PRESENT, QUOTED, THIRD_PERSON, Rule, Signal

_IDEATION_TYPES: Final = frozenset({"immediate_harm", "passive_ideation"})
_MAX_MATCHES: Final = 20
#: Wishes that everyday talk borrows: a cause or a laugh beside them may make them a figure of speech.
SUICIDAL_WISH: Final = frozenset(
    {
        "wish_dead", "want_kill_self", "please_kill_me", "kill_self_mention", "refuse_life", "sky_no_out", "plan_intent",
        "end_it", "suicide_first_person", "deadly_wish", "said_in_passing", "wish_to_be_killed", "longing_for_death", "longing_to_end", "weary_of_life", "deadly_intent", "suicidal",
    }
)  # fmt: skip
_NAMES_SUICIDE: Final = frozenset({"want_kill_self", "plan_intent"})


def signals_in(index: int, reading: Reading, rules: Sequence[Rule], joking: bool) -> list[Signal]:
    """Return the signals of message `index`; `joking`: the message before it was a laugh, or the next takes it back."""
    return [
        _signal(rule, index, match, reading, joking)
        for rule in rules
        for match in islice(rule.pattern.finditer(reading.masked), _MAX_MATCHES)
    ]


def _signal(rule: Rule, index: int, match: re.Match[str], reading: Reading, joking: bool) -> Signal:
    start, end = match.span()
    status = _status(rule, reading.text, start, end, joking)
    severity, crisis_type = rule.severity, rule.crisis_type
    if status == PAST:
        # An old wish or attempt is the mildest signal; an old panic, drink or scar is a story of recovery.
        severity = 1 if crisis_type in _IDEATION_TYPES else 0
        crisis_type = "passive_ideation" if severity else NONE_TYPE
    return Signal(
        rule.name, rule.family.value, crisis_type, severity, index, reading.place(start), reading.place(end), status,
        rule.signal.value if rule.signal else "", rule.firm,
        rule.timeline.value if rule.timeline else "", rule.also,
    )  # fmt: skip


def _status(rule: Rule, text: str, start: int, end: int, joking: bool) -> str:
    if context.is_quoted(text, start, end) and not rule.firm:
        return QUOTED
    if rule.needs_first_person and context.is_third_person(text, start, end):
        if rule.family != SignalFamily.PSYCHOSIS or context.is_told_of_another(text, start, end):
            return THIRD_PERSON
        return PRESENT
    if context.is_about_texts(text, start, end) and not (rule.firm and rule.severity >= 4):
        return QUOTED
    if rule.cancelled_by_not and context.is_negated(text, start, end):
        return NEGATED
    if context.is_past(text, start, end) and not (rule.firm and rule.severity >= 5):
        return PAST
    if rule.family == SignalFamily.PSYCHOSIS and not rule.firm and context.shows_insight(text):
        return QUOTED
    if rule.name in SUICIDAL_WISH and (joking or context.is_hyperbole(text, start, end)):
        return HYPERBOLE
    return PRESENT


def persisting(found: list[Signal]) -> list[Signal]:
    """Let hyperbole count when it persists or stands beside a firm sign; softened, when it names suicide."""
    present = any(
        signal.status == PRESENT and signal.severity >= 2 and signal.crisis_type != "panic" for signal in found
    )
    said_in = {signal.message for signal in found if signal.status == HYPERBOLE}
    result = []
    for signal in found:
        if signal.status == HYPERBOLE:
            if present or len(said_in) > 1:
                signal = replace(signal, status=PRESENT)
            elif signal.rule in _NAMES_SUICIDE:
                signal = replace(signal, status=PRESENT, severity=2, crisis_type="passive_ideation")
        result.append(signal)
    return result


def without_overlaps(found: list[Signal]) -> list[Signal]:
    """Of overlapping signals of one family keep the gravest that counts, so that one phrase is one signal.

    A discounted specific rule also silences the general rule on the same words ("I didn't kill myself …").
    """
    kept: list[Signal] = []
    order = sorted(found, key=lambda item: (item.start - item.end, -item.severity))
    for signal in order:
        rivals = [
            other for other in kept
            if other.message == signal.message and other.family == signal.family
            and other.start < signal.end and signal.start < other.end
        ]  # fmt: skip
        if not rivals:
            kept.append(signal)
        elif signal.status == PRESENT and all(
            other.status == PRESENT and other.severity < signal.severity for other in rivals
        ):
            kept = [other for other in kept if other not in rivals]
            kept.append(signal)
    return sorted(kept, key=lambda item: (item.message, item.start, item.rule))
