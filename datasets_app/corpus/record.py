"""The annotated sample (interchange) and the training form as typed, validated records, with JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from . import taxonomy

SCHEMA_VERSION: Final = "pixelhub.sample/1"

Role = Literal["system", "user", "assistant"]
CrisisTypeName = Literal["immediate_harm", "self_harm", "substance", "panic", "psychotic", "passive_ideation", "none"]
SourceName = Literal["real", "synthetic", "augmented"]
EdgeKindName = Literal["", "sarcasm", "metaphor", "cultural_difference", "ambiguous_signal"]
SeverityValue = Annotated[int, msgspec.Meta(ge=1, le=5)]
ConfidenceValue = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
ContentHash = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]


class Message(msgspec.Struct, frozen=True):
    """One turn."""

    role: Role
    content: Annotated[str, msgspec.Meta(min_length=1)]


class AnnotatedSample(msgspec.Struct, frozen=True, kw_only=True):
    """The interchange form of shared/spec/domain.md: one JSON object per line."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    conversation: Annotated[list[Message], msgspec.Meta(min_length=1)]
    crisis_type: CrisisTypeName
    severity: SeverityValue | None = None
    confidence: ConfidenceValue
    source: SourceName
    is_edge_case: bool = False
    edge_case_kind: EdgeKindName = ""
    annotators: list[str] = []
    metadata: dict[str, Any] = {}

    def __post_init__(self) -> None:
        check_severity(self.crisis_type, self.severity)


class AnnotationReference(msgspec.Struct, frozen=True):
    """One annotation that a label was made from; no text."""

    id: str | int
    sha256: str
    annotator: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a line of a release comes from, down to the annotations."""

    snapshot_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    snapshot_number: int
    decided_by: str
    annotations: list[AnnotationReference]
    import_batch: int
    import_sha256: str
    line: int
    simulated: bool


class ReleaseMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a line of a release."""

    content_hash: ContentHash
    record_hash: str
    source_family: str
    stage: int
    source: SourceName
    is_training_edge_case: bool
    edge_case_kind: EdgeKindName
    group: str
    provenance: Provenance


class ReleaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a release's shard: the training form with its label."""

    id: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    crisis_type: CrisisTypeName
    severity: SeverityValue | None
    confidence: ConfidenceValue
    metadata: ReleaseMetadata

    def __post_init__(self) -> None:
        check_severity(self.crisis_type, self.severity)


def check_severity(crisis_type: str, severity: int | None) -> None:
    """Raise ValueError unless a crisis has a severity and `none` has none."""
    if (crisis_type == taxonomy.NONE_TYPE) != (severity is None):
        raise ValueError("a crisis type needs a severity from 1 to 5, and none has no severity")


def sample_schema() -> dict[str, Any]:
    """Return the JSON Schema of the annotated sample."""
    return msgspec.json.schema(AnnotatedSample)


def release_line_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line of a release."""
    return msgspec.json.schema(ReleaseLine)
