# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""From signals to an assessment: type, severity, risk level, timeline and score."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.taxonomy import NONE_TYPE, RiskLevel, SignalFamily, Timeline

from . import context
from .lexicon import RULES
from .protective import protective_factors, timeline_of
from .signals import HYPERBOLE, NEGATED, PAST, PRESENT, QUOTED, THIRD_PERSON, Rule, Signal

_SCORE_OF_SEVERITY: Final[dict[int, float]] = {1: 0.30, 2: 0.46, 3: 0.64, 4: 0.83, 5: 0.95}
_MAX_SCORE_WITHOUT_TYPE: Final = 0.35
_IDEATION_TYPES: Final = frozenset({"immediate_harm", "passive_ideation"})
_MAX_MESSAGE_CHARS: Final = 20_000
_MAX_MATCHES: Final = 20
_ASKED_ABOUT_SUICIDE: Final = re.compile(
    r"\b(?:suicid\w*|ending your life|kill(?:ing)? yourself|hurt(?:ing)? yourself|wish(?:ing)? (?:you were|to be) dead|not wanting to (?:live|be here))\b",
    re.IGNORECASE,
)
_AFFIRMED: Final = re.compile(
    r"\A\W*(?:yes|yeah|yep|yea|sometimes|often|every (?:day|night)|all the time|a lot|lately|i (?:do|have|am|think about it)|maybe|kind of|most days)\b",
    re.IGNORECASE,
)
_SUICIDAL_WISH: Final = frozenset(
    {
        "wish_dead",
        "want_kill_self",
        "please_kill_me",
        "kill_self_mention",
        "refuse_life",
        "sky_no_out",
        "plan_intent",
        "end_it",
        "suicide_first_person",
    }
)
_NO_WISH: Final = re.compile(
    r"\b(?:not|isn'?t|never) (?:about |trying to |wanting to |because i want to )(?:dying|die|kill myself|end it|death)\b",
    re.IGNORECASE,
)
_GOODBYE: Final = re.compile(
    r"\b(?:thank(?:s| you) for everything|goodbye|take care of (?:my|the)|this is goodbye|sorry for everything)\b",
    re.IGNORECASE,
)
_TIMED: Final = re.compile(
    r"\b(?:before|by|on|until) (?:\w+day|tomorrow|midnight|tonight)\b|\btonight\b|\bstarting to agree\b", re.IGNORECASE
)
_WITHDRAWAL_RULES: Final = frozenset({"severe_withdrawal", "withdrawal"})


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


def assess(messages: Sequence[Mapping[str, str]]) -> Assessment:
    """Assess a conversation of {"role", "content"} messages; only the user's words are judged.

    An assistant's question gives a bare "yes, every night" its meaning. Messages are read up to 20,000 characters.
    """
    texts: list[tuple[int, str]] = []
    found: list[Signal] = []
    asked = False
    for index, message in enumerate(messages):
        text = context.plain(message["content"][:_MAX_MESSAGE_CHARS])
        if message["role"] == "assistant":
            asked = bool(_ASKED_ABOUT_SUICIDE.search(text))
        elif message["role"] == "user":
            texts.append((index, text))
            found.extend(_signals_in(index, text, asked))
            asked = False
    found = _without_overlaps(_persisting(found))
    counting = [signal for signal in found if signal.status == PRESENT or (signal.status == PAST and signal.severity)]
    whole = "\n".join(text for _, text in texts)
    severities = _severities(counting, whole, texts)
    crisis_type = _primary(severities)
    severity = severities.get(crisis_type)
    timeline = _timeline(counting, texts)
    factors = tuple(factor.value for factor in protective_factors(whole))
    families = {signal.family for signal in counting}
    return Assessment(
        score=_score(severity, families, factors),
        crisis_type=crisis_type,
        severity=severity,
        secondary_types=tuple(sorted((kind for kind in severities if kind != crisis_type), key=taxonomy.harm_rank)),
        risk_level=_risk_level(severity, families, timeline).value,
        timeline=timeline.value,
        signals=tuple(counting),
        discounted=tuple(signal for signal in found if signal not in counting),
        protective_factors=factors,
        about_someone_else=context.someone_else_in_danger(whole),
        medical=any(signal.family == SignalFamily.MEDICAL_EMERGENCY for signal in counting),
        bereavement=context.is_bereavement(whole),
    )


def _signals_in(index: int, text: str, asked: bool) -> list[Signal]:
    masked = context.mask_idioms(text)
    signals = [
        _signal(rule, index, match, text)
        for rule in RULES
        for match in islice(rule.pattern.finditer(masked), _MAX_MATCHES)
    ]
    if asked and (answer := _AFFIRMED.search(text)):
        signals.append(
            Signal(
                "affirmed_when_asked",
                SignalFamily.SUICIDAL_IDEATION,
                "passive_ideation",
                3,
                index,
                answer.start(),
                answer.end(),
                signal="suicidal_ideation",
            )
        )
    return signals


def _signal(rule: Rule, index: int, match: re.Match[str], text: str) -> Signal:
    start, end = match.span()
    status = _status(rule, text, start, end)
    severity, crisis_type = rule.severity, rule.crisis_type
    if status == PAST:
        # An old wish or attempt is the mildest signal; an old panic, drink or scar is a story of recovery.
        severity = 1 if crisis_type in _IDEATION_TYPES else 0
        crisis_type = "passive_ideation" if severity else NONE_TYPE
    return Signal(
        rule.name, rule.family.value, crisis_type, severity, index, start, end, status,
        rule.signal.value if rule.signal else "", rule.firm,
        rule.timeline.value if rule.timeline else "", rule.also,
    )  # fmt: skip


def _status(rule: Rule, text: str, start: int, end: int) -> str:
    if context.is_quoted(text, start, end) and not rule.firm:
        return QUOTED
    if rule.needs_first_person and context.is_third_person(text, start, end):
        return PRESENT if rule.family == SignalFamily.PSYCHOSIS else THIRD_PERSON
    if context.is_about_texts(text, start, end) and not (rule.firm and rule.severity >= 4):
        return QUOTED
    if context.is_negated(text, start, end):
        return NEGATED
    if context.is_past(text, start, end) and not (rule.firm and rule.severity >= 5):
        return PAST
    if rule.family == SignalFamily.PSYCHOSIS and not rule.firm and context.shows_insight(text):
        return QUOTED
    if rule.name in _SUICIDAL_WISH and context.is_hyperbole(text, start, end):
        return HYPERBOLE
    return PRESENT


def _persisting(found: list[Signal]) -> list[Signal]:
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
            elif signal.rule in ("want_kill_self", "plan_intent"):
                signal = replace(signal, status=PRESENT, severity=2, crisis_type="passive_ideation")
        result.append(signal)
    return result


def _without_overlaps(found: list[Signal]) -> list[Signal]:
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


def _severities(counting: list[Signal], whole: str, texts: list[tuple[int, str]]) -> dict[str, int]:
    """Return the severity of each crisis type, after the guideline's rules on how signs combine."""
    severities: dict[str, int] = {}
    for signal in counting:
        if signal.crisis_type != NONE_TYPE and signal.severity:
            severities[signal.crisis_type] = max(severities.get(signal.crisis_type, 0), signal.severity)
    rules = {signal.rule for signal in counting if signal.status == PRESENT}
    _combine_panic(counting, severities)
    if rules & _WITHDRAWAL_RULES and "psychotic" in severities:
        # Seeing things on the third dry day is withdrawal, a medical danger, not psychosis.
        severities["substance"] = max(severities.pop("psychotic"), severities.get("substance", 0), 5)
    if "command_voice" in rules:
        timed = bool(_TIMED.search(whole))
        severities["psychotic"] = 5 if timed else 4
        severities["immediate_harm"] = min(4, severities.get("immediate_harm", 4)) if timed else 3
    if "overdose_act" in rules:
        severities["immediate_harm"] = min(severities.get("immediate_harm", 4), 4)
        if _SUICIDAL_WISH & rules - {"sky_no_out"}:
            severities["immediate_harm"] = 5
    if "preparation" in rules and ("time_set" in rules or "tonight" in whole.lower()):
        severities["immediate_harm"] = 5
    if "passive_ideation" in severities and severities["passive_ideation"] >= 3 and _GOODBYE.search(whole):
        severities["passive_ideation"] = 4
    if "self_harm" in severities and _NO_WISH.search(whole):
        severities.pop("passive_ideation", None)
    if "bleeding" in rules and "self_harm" not in severities:
        severities["self_harm"] = 5
    if severities.get("passive_ideation", 0) >= 3 and "means_at_hand" in rules:
        severities["immediate_harm"] = 5
    return severities


def _combine_panic(counting: list[Signal], severities: dict[str, int]) -> None:
    body = {signal.rule for signal in counting if signal.rule in _BODY_RULES and signal.status == PRESENT}
    current = {signal.rule for signal in counting if signal.crisis_type == "panic" and signal.status == PRESENT}
    if "cardiac" in current:
        severities["panic"] = 5
    elif len(body) >= 2 and ("sure_dying" in body or len(body) >= 3 or "panic_attack" in current):
        severities["panic"] = 4
    elif len(body) >= 2:
        severities["panic"] = 3
    elif current == {"sure_dying"}:
        severities.pop("panic", None)


_BODY_RULES: Final = frozenset(rule.name for rule in RULES if rule.body_symptom)


def _primary(severities: Mapping[str, int]) -> str:
    """Return the type of the highest severity, ties by harm."""
    if not severities:
        return NONE_TYPE
    return min(severities, key=lambda kind: (-severities[kind], taxonomy.harm_rank(kind)))


def _timeline(counting: list[Signal], texts: list[tuple[int, str]]) -> Timeline:
    serious = [signal for signal in counting if signal.severity >= 3 and signal.status == PRESENT]
    if any(signal.timeline == Timeline.IMMEDIATE for signal in serious):
        return Timeline.IMMEDIATE
    by_message = dict(texts)
    seen = {timeline_of(by_message[signal.message]) for signal in serious if signal.severity >= 4}
    if Timeline.IMMEDIATE in seen:
        return Timeline.IMMEDIATE
    return Timeline.SHORT_TERM if Timeline.SHORT_TERM in seen else Timeline.ONGOING


def _score(severity: int | None, families: set[str], factors: tuple[str, ...]) -> float:
    """Return 0..1. Supporting families raise it a little; protective factors lower only what is below severity 4."""
    supporting = len(families & {"depression", "trauma_abuse", "agitation", "domestic_violence", "medical_emergency"})
    if severity is None:
        panic = 0.1 if SignalFamily.PANIC in families else 0.0
        return round(min(_MAX_SCORE_WITHOUT_TYPE, 0.03 + 0.09 * supporting + panic), 4)
    score = _SCORE_OF_SEVERITY[severity] + 0.03 * min(2, supporting)
    if severity < 4:
        score -= 0.02 * min(3, len(factors))
    return round(min(0.99, max(0.25, score)), 4)


def _risk_level(severity: int | None, families: set[str], timeline: Timeline) -> RiskLevel:
    """Return the risk level; an immediate timeline of a serious signal escalates to imminent."""
    if severity is None:
        grave = families & {"domestic_violence", "medical_emergency"}
        return RiskLevel.LOW if grave or len(families) >= 2 else RiskLevel.NONE
    if severity == 5 or (severity >= 4 and timeline == Timeline.IMMEDIATE):
        return RiskLevel.IMMINENT
    return {1: RiskLevel.LOW, 2: RiskLevel.LOW, 3: RiskLevel.MODERATE}.get(severity, RiskLevel.HIGH)
