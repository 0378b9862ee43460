"""The shared vocabulary of the whole product: labels, scores, bands, signals, families and stages.

Every enumeration, threshold and mapping is written here once; all other modules import it (shared/spec/domain.md).
Importing this module needs nothing but the standard library.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, StrEnum
from typing import Final


class CrisisType(StrEnum):
    """The model's classes and the annotators' choices; `none` is a class of its own."""

    IMMEDIATE_HARM = "immediate_harm"
    SELF_HARM = "self_harm"
    SUBSTANCE = "substance"
    PANIC = "panic"
    PSYCHOTIC = "psychotic"
    PASSIVE_IDEATION = "passive_ideation"
    NONE = "none"


# The order is a contract: class indices of trained models and the key order 1-7 of the instrument follow it.
CRISIS_TYPES: Final[tuple[str, ...]] = tuple(kind.value for kind in CrisisType)
NONE_TYPE: Final = CrisisType.NONE.value
SIX_TYPES: Final[tuple[str, ...]] = tuple(kind for kind in CRISIS_TYPES if kind != NONE_TYPE)

CRISIS_TYPE_LABELS: Final[dict[str, str]] = {
    "immediate_harm": "Immediate harm",
    "self_harm": "Self-harm",
    "substance": "Substance",
    "panic": "Panic",
    "psychotic": "Psychotic",
    "passive_ideation": "Passive ideation",
    "none": "No crisis",
}

# Ties between types of equal severity go to the more harmful one (guidelines, "What is labelled").
HARM_ORDER: Final[tuple[str, ...]] = (
    "immediate_harm",
    "self_harm",
    "psychotic",
    "substance",
    "panic",
    "passive_ideation",
    "none",
)


def harm_rank(crisis_type: str) -> int:
    """Return 0 for the most harmful type up to 6 for `none`. Raises ValueError for an unknown type."""
    return HARM_ORDER.index(crisis_type)


def most_harmful(crisis_types: Iterable[str]) -> str:
    """Return the most harmful of the types; `none` for an empty collection."""
    return min(crisis_types, key=harm_rank, default=NONE_TYPE)


class Severity(IntEnum):
    """How soon a person must respond; ordinal. `none` has no severity."""

    MILD_CONCERN = 1
    LOW = 2
    MODERATE = 3
    HIGH = 4
    IMMEDIATE_DANGER = 5


SEVERITIES: Final[tuple[int, ...]] = tuple(int(level) for level in Severity)
SEVERITY_LABELS: Final[dict[int, str]] = {
    1: "Mild concern",
    2: "Low",
    3: "Moderate",
    4: "High",
    5: "Immediate danger",
}


class EdgeCaseKind(StrEnum):
    """Why a conversation is hard to read; edge cases are never filtered from training data."""

    SARCASM = "sarcasm"
    METAPHOR = "metaphor"
    CULTURAL_DIFFERENCE = "cultural_difference"
    AMBIGUOUS_SIGNAL = "ambiguous_signal"


EDGE_CASE_KINDS: Final[tuple[str, ...]] = tuple(kind.value for kind in EdgeCaseKind)
EDGE_CASE_LABELS: Final[dict[str, str]] = {
    "sarcasm": "Sarcasm",
    "metaphor": "Metaphor",
    "cultural_difference": "Cultural difference",
    "ambiguous_signal": "Ambiguous signal",
}


class Source(StrEnum):
    """Where a conversation's words come from."""

    REAL = "real"
    SYNTHETIC = "synthetic"
    AUGMENTED = "augmented"


SOURCES: Final[tuple[str, ...]] = tuple(source.value for source in Source)


class Band(StrEnum):
    """Severity band of a crisis score."""

    EMERGENCY = "emergency"
    CRITICAL = "critical"
    ELEVATED = "elevated"
    NONE = "none"


BAND_THRESHOLDS: Final[tuple[tuple[float, Band], ...]] = (
    (0.8, Band.EMERGENCY),
    (0.6, Band.CRITICAL),
    (0.4, Band.ELEVATED),
)


def band_of(score: float) -> Band:
    """Return the band of a crisis score in 0..1. Raises ValueError for NaN or a value outside."""
    if not 0.0 <= score <= 1.0:
        raise ValueError(f"a crisis score lies between 0 and 1, not {score!r}")
    for lower, band in BAND_THRESHOLDS:
        if score >= lower:
            return band
    return Band.NONE


class RiskLevel(StrEnum):
    """Risk level of the rule-based assessment."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"
    IMMINENT = "imminent"


RISK_LEVELS: Final[tuple[str, ...]] = tuple(level.value for level in RiskLevel)


class Timeline(StrEnum):
    """When the danger is; an immediate timeline escalates the risk level to `imminent`."""

    IMMEDIATE = "immediate"
    SHORT_TERM = "short_term"
    ONGOING = "ongoing"


class AlertLevel(StrEnum):
    """What the crisis protocol acts on, most urgent first."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    SEVERE = "severe"
    CONCERN = "concern"
    NONE = "none"


ALERT_LEVELS: Final[tuple[str, ...]] = tuple(level.value for level in AlertLevel)

# Rows are read as "at least": band alone, then raised (never lowered) by severity and by timeline.
_ALERT_BY_BAND: Final[dict[Band, AlertLevel]] = {
    Band.EMERGENCY: AlertLevel.URGENT,
    Band.CRITICAL: AlertLevel.SEVERE,
    Band.ELEVATED: AlertLevel.CONCERN,
    Band.NONE: AlertLevel.NONE,
}
_ALERT_BY_SEVERITY: Final[dict[int, AlertLevel]] = {
    5: AlertLevel.EMERGENCY,
    4: AlertLevel.URGENT,
    3: AlertLevel.SEVERE,
    2: AlertLevel.CONCERN,
    1: AlertLevel.CONCERN,
}
_ALERT_EMERGENCY_BAND_TYPES: Final[frozenset[str]] = frozenset({"immediate_harm"})


def alert_level(band: str, crisis_type: str, severity: int | None = None, timeline: str | None = None) -> AlertLevel:
    """Map a band, a type, a severity and a timeline to an alert level.

    The band sets the floor; a severity (1-5) of a crisis type and an immediate timeline can only raise it;
    immediate harm in the emergency band is always an emergency.
    """
    candidates = [_ALERT_BY_BAND[Band(band)]]
    if crisis_type != NONE_TYPE:
        if severity is not None:
            candidates.append(_ALERT_BY_SEVERITY[int(severity)])
        if timeline == Timeline.IMMEDIATE:
            candidates.append(AlertLevel.EMERGENCY)
        if band == Band.EMERGENCY and crisis_type in _ALERT_EMERGENCY_BAND_TYPES:
            candidates.append(AlertLevel.EMERGENCY)
    return min(candidates, key=lambda level: ALERT_LEVELS.index(level.value))


class CrisisSignal(StrEnum):
    """Signals as clients of the scoring service see them."""

    IMMEDIATE_HARM = "immediate_harm"
    SUICIDE_PLAN = "suicide_plan"
    SELF_HARM = "self_harm"
    SUBSTANCE_OVERDOSE = "substance_overdose"
    SEVERE_PANIC = "severe_panic"
    PSYCHOTIC_SYMPTOMS = "psychotic_symptoms"
    SUICIDAL_IDEATION = "suicidal_ideation"


class SignalFamily(StrEnum):
    """The ten families of the rule-based detector."""

    SUICIDAL_IDEATION = "suicidal_ideation"
    SELF_HARM = "self_harm"
    PSYCHOSIS = "psychosis"
    AGITATION = "agitation"
    SUBSTANCE = "substance"
    DEPRESSION = "depression"
    PANIC = "panic"
    TRAUMA_ABUSE = "trauma_abuse"
    DOMESTIC_VIOLENCE = "domestic_violence"
    MEDICAL_EMERGENCY = "medical_emergency"


class ProtectiveFactor(StrEnum):
    """What speaks for safety; reported, and never enough to cancel a plan, means or a time."""

    SOCIAL_SUPPORT = "social_support"
    COPING_SKILLS = "coping_skills"
    HOPE = "hope"
    RESPONSIBILITY = "responsibility_to_others"


EQ_SCORES: Final = ("emotional_awareness", "empathy", "emotional_regulation", "social_cognition")
# Ten classes of the emotion head: Plutchik's eight, shame (a mixture to him, of clinical weight by itself), neutral.
EMOTIONS: Final = (
    "joy",
    "trust",
    "fear",
    "surprise",
    "sadness",
    "disgust",
    "anger",
    "anticipation",
    "shame",
    "neutral",
)
# The two voices of a model that can be both.
PERSONAS: Final = ("therapist", "assistant")
BIAS_KINDS: Final = ("gender", "racial", "age", "cultural", "socioeconomic", "ability", "language")
BIAS_ALERTS: Final = ("low", "medium", "high", "critical")
PII_KINDS: Final = (
    "email",
    "phone",
    "ssn",
    "credit_card",
    "postal_address",
    "personal_name",
    "date_of_birth",
    "ip_address",
    "url",
)
CONTENT_GATES: Final = (
    "profanity",
    "hate_speech",
    "medical_advice",
    "personal_disclosure",
    "content_length",
    "crisis_escalation",
    "therapeutic_context",
)
FINDING_LEVELS: Final = ("info", "warning", "error", "critical")

FAMILIES: Final[tuple[str, ...]] = (
    "mental_health_datasets",
    "professional_therapeutic",
    "priority_datasets",
    "cot_reasoning",
    "edge_case_generator",
    "edge_case_resulting_chats",
    "edge_case_synthetic",
    "safety_guardrails_annihilator",
    "voice_persona",
    "video_transcripts",
    "cptsd",
    "addiction",
    "long_running_therapy",
    "sarcasm",
)
_SHORT_FORMS: Final = {"cot_reasoning": "Chain-of-thought reasoning", "cptsd": "C-PTSD"}
FAMILY_LABELS: Final[dict[str, str]] = {
    family: _SHORT_FORMS.get(family) or family.replace("_", " ").capitalize() for family in FAMILIES
}

# What a made-up conversation tells of, and how hard its signal is to read (D8): said openly; softened; in code words
# or late; between jokes, denial and other talk. For `none`: everyday; distress; near a crisis; crisis words alone.
SCENARIO_FAMILIES: Final[tuple[str, ...]] = (
    "relationship_loss",
    "work_money",
    "school_youth",
    "trauma_abuse",
    "illness_body",
    "migration_identity",
    "addiction_recovery",
    "isolation_ageing",
)
DIFFICULTIES: Final[tuple[str, ...]] = ("overt", "hedged", "veiled", "adversarial")

STAGES: Final[dict[int, str]] = {
    1: "Foundation and rapport",
    2: "Expertise and reasoning",
    3: "Edge stress test",
    4: "Voice and persona",
}
STAGE_SHARES: Final[dict[int, float]] = {1: 0.40, 2: 0.25, 3: 0.20, 4: 0.15}

SPLITS: Final = ("train", "val", "test")
SPLIT_SHARES: Final[dict[str, float]] = {"train": 0.70, "val": 0.15, "test": 0.15}

# Shares of copies (exact and near) that may remain (D7).
DUPLICATES_IN_CORPUS: Final = 0.01
DUPLICATES_IN_RELEASE: Final = 0.001

ROLES: Final = ("system", "user", "assistant")
# How a published label came about. "rater_model": nobody adjudicated and a model of the raters (Dawid-Skene, MACE)
# stood in. "rule": a weak label, no person read the conversation. "generator": the program that wrote it labelled it.
DECIDED_BY: Final = ("unanimous", "majority", "adjudicated", "rater_model", "rule", "generator", "parent", "reviewer")
# Who made the labels of a snapshot, and what a release line calls their origin.
LABEL_SOURCE_OF: Final[dict[str, str]] = {
    "annotators": "annotators",
    "rules": "weak",
    "generator": "generator",
    "augmentation": "augmented",
}

# What an expert says of the safety of a conversation's replies, beside type and severity (D16).
SAFETY_LABELS: Final[dict[str, str]] = {
    "crisis_missed": "A reply passes over a crisis",
    "harmful_advice": "A reply could do harm",
    "method_detail": "Details of a method are said",
    "medical_advice": "A reply gives medical advice",
    "boundary": "A reply crosses a helper's boundary",
    "stigma": "A reply shames or stereotypes",
}
