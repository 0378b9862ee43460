# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""How signals combine: severity by type, the primary type, timeline, score and risk level."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.taxonomy import NONE_TYPE, RiskLevel, SignalFamily, Timeline

from .finding import SUICIDAL_WISH
from .lexicon import RULES
from .protective import time_in
from .signals import PRESENT, Signal, compiled

_SCORE_OF_SEVERITY: Final[dict[int, float]] = {1: 0.30, 2: 0.46, 3: 0.64, 4: 0.83, 5: 0.95}
_MAX_SCORE_WITHOUT_TYPE: Final = 0.35
_NO_WISH: Final = re.compile(
    r"\b(?:not|isn'?t|never) (?:about |trying to |wanting to |because i want to )(?:dying|die|kill myself|end it|death)\b",
    re.IGNORECASE,
)
_GOODBYE: Final = re.compile(
    r"\b(?:thank(?:s| you) for everything|goodbye|take care of (?:my|the)|this is goodbye|sorry for everything)\b",
    re.IGNORECASE,
)
_TIMED: Final = re.compile(
    r"\b(?:before|by|on|until|says?|said) (?:\w{1,9}day|tomorrow|midnight|tonight)\b|\btonight\b|\bstarting to agree\b",
    re.IGNORECASE,
)
#: Beside a sign of psychosis anybody's order to do it is a voice's order.
_COMMANDED: Final = compiled(
    r"\b(?:he|she|it|they|who|that|something|someone|god|the (?:thing|man|woman|demon|angel|devil|spirits?)) (?:\w+ )?"
    r"(?:tells?|told|telling|orders?|ordered|commands?|wants?|says?|said) (?:me )?(?:to|i (?:should|must|have to)|that i (?:should|must|have to)) "
    r"(?:\w+ )?(?:do it|die|kill|end (?:it|my)|jump|hurt|cut|stab|burn (?:it|them|my)|go to (?:him|her|them))\b"
    r"|\b(?:it|he|she|they|(?:angel|demon|spirit)s?) (?:wants?|asks? for|demands?) my (?:\w+ )?(?:finger|hand|arm|blood|eyes?|tongue|life|heart|death|skin)\b",
)
#: A day for "it", beside a named wish.
_DO_IT_WHEN: Final = compiled(
    r"\b(?:do it|do this|go through with it) (?:on (?:\w{1,9}day|the)|this \w+|next \w+|tonight|tomorrow|today|before|after|when|as soon as)\b"
)
#: The body gives way after a mix or a dose.
_BODY_FAILS: Final = compiled(
    r"\b(?:breathing (?:is |gets )?(?:\w+ )?(?:slow|shallow|hard|weird)|can'?t feel my (?:face|legs|arms|hands|body)|can'?t (?:stay|keep) awake|keep (?:falling asleep|nodding off|passing out)|lips (?:are |turn\w* )?blue|everything (?:is )?spinning|words come out wrong)\b"
)
_MIX_RULES: Final = frozenset({"dangerous_mix", "drank_with_tablets", "drank_and_took"})
_OVERDOSE_RULES: Final = frozenset({"overdose_act", "more_than_meant", "whole_of_it"})
_WITHDRAWAL_RULES: Final = frozenset({"severe_withdrawal", "withdrawal"})


def severities_of(counting: Sequence[Signal], whole: str, relieved: bool) -> dict[str, int]:
    """Return the severity of each crisis type, after the guideline's rules on how signs combine.

    `relieved`: the last message says that it is better. That makes a goodbye ordinary and a panic one that passed; it
    never lowers a wish to die, a plan or an act.
    """
    severities: dict[str, int] = {}
    for signal in counting:
        if signal.crisis_type != NONE_TYPE and signal.severity:
            severities[signal.crisis_type] = max(severities.get(signal.crisis_type, 0), signal.severity)
    rules = {signal.rule for signal in counting if signal.status == PRESENT}
    _combine_panic(counting, severities)
    if relieved and severities.get("panic") in (3, 4):
        severities["panic"] = 2
    if rules & _WITHDRAWAL_RULES and "psychotic" in severities:
        # Seeing things on the third dry day is withdrawal, a medical danger, not psychosis.
        severities["substance"] = max(severities.pop("psychotic"), severities.get("substance", 0), 5)
    commanded = "command_voice" in rules or "being_that_demands" in rules
    if commanded or ("psychotic" in severities and _COMMANDED.search(whole)):
        timed = bool(_TIMED.search(whole))
        severities["psychotic"] = 5 if timed else 4
        severities["immediate_harm"] = min(4, severities.get("immediate_harm", 4)) if timed else 3
    if rules & _OVERDOSE_RULES:
        severities["immediate_harm"] = min(severities.get("immediate_harm", 4), 4)
        if SUICIDAL_WISH & rules - {"sky_no_out"}:
            severities["immediate_harm"] = 5
    if rules & _MIX_RULES and _BODY_FAILS.search(whole):
        severities["substance"] = 5
    if "want_kill_self" in rules and _DO_IT_WHEN.search(whole):
        severities["immediate_harm"] = max(4, severities.get("immediate_harm", 0))
    if "preparation" in rules and ("time_set" in rules or "tonight" in whole.lower()):
        severities["immediate_harm"] = 5
    if (
        "passive_ideation" in severities
        and severities["passive_ideation"] >= 3
        and not relieved
        and _GOODBYE.search(whole)
    ):
        severities["passive_ideation"] = 4
    if "self_harm" in severities and _NO_WISH.search(whole):
        severities.pop("passive_ideation", None)
    if "bleeding" in rules and "self_harm" not in severities:
        severities["self_harm"] = 5
    if severities.get("passive_ideation", 0) >= 3 and "means_at_hand" in rules:
        severities["immediate_harm"] = 5
    return severities


def _combine_panic(counting: Sequence[Signal], severities: dict[str, int]) -> None:
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


def primary_of(severities: Mapping[str, int]) -> str:
    """Return the type of the highest severity, ties by harm."""
    if not severities:
        return NONE_TYPE
    return min(severities, key=lambda kind: (-severities[kind], taxonomy.harm_rank(kind)))


def timeline_of(counting: Sequence[Signal], texts: Mapping[int, str]) -> Timeline:
    serious = [signal for signal in counting if signal.severity >= 3 and signal.status == PRESENT]
    if any(signal.timeline == Timeline.IMMEDIATE for signal in serious):
        return Timeline.IMMEDIATE
    seen = {time_in(texts[signal.message]) for signal in serious if signal.severity >= 4}
    if Timeline.IMMEDIATE in seen:
        return Timeline.IMMEDIATE
    return Timeline.SHORT_TERM if Timeline.SHORT_TERM in seen else Timeline.ONGOING


def score_of(severity: int | None, families: set[str], factors: tuple[str, ...]) -> float:
    """Return 0..1. Supporting families raise it a little; protective factors lower only what is below severity 4."""
    supporting = len(families & {"depression", "trauma_abuse", "agitation", "domestic_violence", "medical_emergency"})
    if severity is None:
        panic = 0.1 if SignalFamily.PANIC in families else 0.0
        return round(min(_MAX_SCORE_WITHOUT_TYPE, 0.03 + 0.09 * supporting + panic), 4)
    score = _SCORE_OF_SEVERITY[severity] + 0.03 * min(2, supporting)
    if severity < 4:
        score -= 0.02 * min(3, len(factors))
    return round(min(0.99, max(0.25, score)), 4)


def risk_level_of(severity: int | None, families: set[str], timeline: Timeline) -> RiskLevel:
    """Return the risk level; an immediate timeline of a serious signal escalates to imminent."""
    if severity is None:
        grave = families & {"domestic_violence", "medical_emergency"}
        return RiskLevel.LOW if grave or len(families) >= 2 else RiskLevel.NONE
    if severity == 5 or (severity >= 4 and timeline == Timeline.IMMEDIATE):
        return RiskLevel.IMMINENT
    return {1: RiskLevel.LOW, 2: RiskLevel.LOW, 3: RiskLevel.MODERATE}.get(severity, RiskLevel.HIGH)
