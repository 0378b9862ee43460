"""A line of an expert set's file, and the manifest beside it: typed, and checked to say what it holds.

A line is the annotated sample (shared vocabulary of imports, evaluation and exchange) with the experts' ratings; its
label is what the ratings come to, which a reader checks by counting again.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.record import (
    CrisisTypeName,
    EdgeKindName,
    Message,
    SeverityValue,
    SourceName,
    check_severity,
)

from .outcome import outcome_of

SCHEMA_VERSION: Final = "pixelhub.expert-set/1"
MAX_COMMENT: Final = 2000

SafetyName = Literal["crisis_missed", "harmful_advice", "method_detail", "medical_advice", "boundary", "stigma"]
StandingName = Literal["none", "single", "unanimous", "majority", "split", "decided"]
RaterName = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
ScaleName = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z_]{0,31}$")]
Score = Annotated[int, msgspec.Meta(ge=1, le=5)]
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Comment = Annotated[str, msgspec.Meta(max_length=MAX_COMMENT)]


class ExpertRating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one expert said, without having seen what others or the source said. `rater` is a pseudonym of the set."""

    rater: RaterName
    crisis_type: CrisisTypeName
    severity: SeverityValue | None = None
    rubric: Annotated[dict[ScaleName, Score], msgspec.Meta(max_length=12)] = {}
    safety: list[SafetyName] = []
    comment: Comment = ""
    simulated: bool = False  # said by a program, not by a person

    def __post_init__(self) -> None:
        check_severity(self.crisis_type, self.severity)
        if len(set(self.safety)) < len(self.safety):
            raise ValueError("a safety label stands there twice")


class ExpertDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clinical lead's word where the experts disagreed."""

    crisis_type: CrisisTypeName
    severity: SeverityValue | None = None
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_COMMENT)]

    def __post_init__(self) -> None:
        check_severity(self.crisis_type, self.severity)


class ExpertExample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One conversation with its ratings. `crisis_type` is null where nobody rated it or the experts are split."""

    schema: Literal["pixelhub.expert-set/1"]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content_hash: Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
    conversation: Annotated[list[Message], msgspec.Meta(min_length=1)]
    crisis_type: CrisisTypeName | None
    severity: SeverityValue | None
    confidence: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None
    source: SourceName
    is_edge_case: bool
    edge_case_kind: EdgeKindName
    annotators: list[RaterName]
    standing: StandingName
    ratings: list[ExpertRating]
    decision: ExpertDecision | None
    metadata: dict[str, Any]

    def __post_init__(self) -> None:
        names = [rating.rater for rating in self.ratings]
        if len(set(names)) < len(names):
            raise ValueError("an expert rated the conversation twice")
        if names != self.annotators:
            raise ValueError("annotators are not those who rated")
        if content_hash([{"role": one.role, "content": one.content} for one in self.conversation]) != self.content_hash:
            raise ValueError("the content hash is not that of the conversation")
        found = outcome_of(self.ratings, self.decision)
        stated = (self.standing, self.crisis_type, self.severity, self.confidence)
        if stated != (found.standing.value, found.crisis_type, found.severity, found.confidence):
            raise ValueError("the label is not what the ratings come to")


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The file beside the manifest."""

    name: str
    sha256: Sha256
    bytes: int
    lines: int


class ScaleFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A question of the rubric, with what 1 and 5 mean."""

    code: str
    question: str
    worst: str
    best: str


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share with Wilson's 95% interval."""

    hits: int
    total: int
    value: float | None
    low: float
    high: float


class ExpertCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds. `types` counts final labels, "unsettled" those without one."""

    examples: int
    ratings: int
    raters: int
    comments: int
    simulated_raters: int
    types: dict[str, int]
    severities: dict[str, int]
    standings: dict[str, int]
    disputed: int
    families: dict[str, int]
    difficulties: dict[str, int]
    sources: dict[str, int]
    edge_cases: int
    safety: dict[str, int]
    crisis: Share


class ExpertManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The set as a whole: its name and version, its file, what is in it, how it was chosen, how far experts agree.

    `params` says how it was chosen (seed, size, share, releases looked at), `excluded` what was kept out and why,
    with the hashes of near-copies of training data. `trial` sets are smaller than a real one.
    """

    schema: Literal["pixelhub.expert-set/1"]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    version: Annotated[int, msgspec.Meta(ge=1)]
    frozen: bool
    trial: bool
    file: FileFacts
    counts: ExpertCounts
    params: dict[str, Any]
    excluded: dict[str, Any]
    agreement: dict[str, Any]
    rubric: list[ScaleFacts]
    safety_labels: dict[str, str]


def expert_set_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of an expert set."""
    return msgspec.json.schema(ExpertExample)


def expert_manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of the manifest of an expert set."""
    return msgspec.json.schema(ExpertManifest)
