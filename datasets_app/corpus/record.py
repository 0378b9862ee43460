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
# Who labelled a line: annotators of the hub, the input file, a rule that reads no meaning (weak), the program that
# wrote the conversation, people for the conversation that it was made of, nobody.
LabelSourceName = Literal["annotators", "input", "weak", "generator", "augmented", "none"]
# unscanned: nobody looked for identifiers · clean: nothing found · redacted: replaced by rules, not reviewed ·
# reviewed: a person decided · checked: synthetic, looked at and left as it is · pending: waits for a person
PiiName = Literal["unscanned", "clean", "redacted", "reviewed", "checked", "pending"]
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
    """Where a line of a release comes from: down to the annotations for a label, to the raw row for a corpus.

    There is no path and no line number for a row of a corpus: the same rows in other files give the same release.
    """

    snapshot_sha256: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    snapshot_number: int = 0
    decided_by: str = ""
    annotations: list[AnnotationReference] = []
    import_batch: int = 0
    import_sha256: str = ""
    line: int = 0
    simulated: bool = False
    raw_sha256: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")] = ""
    input: str = ""
    licence: str = ""
    consent: str = ""


class ReleaseMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Metadata of a line of a release."""

    content_hash: ContentHash
    record_hash: str
    source_family: str
    stage: int
    source: SourceName
    is_training_edge_case: bool
    edge_case_kind: EdgeKindName
    provenance: Provenance
    group: str = ""
    cluster: str = ""  # of near-duplicates; "" for a conversation that is like no other
    pii: PiiName = "unscanned"
    origin: dict[str, Any] = {}  # format, and all of the input that is no dialogue


class ReleaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a release's shard: the training form with its label."""

    id: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    crisis_type: CrisisTypeName | None
    severity: SeverityValue | None
    confidence: ConfidenceValue | None
    metadata: ReleaseMetadata
    label_source: LabelSourceName = "annotators"

    def __post_init__(self) -> None:
        if (self.crisis_type is None) != (self.label_source == "none"):
            raise ValueError("a line has a crisis type, or its label source is none")
        if self.label_source == "annotators":
            check_severity(str(self.crisis_type), self.severity)
        elif self.severity is not None and self.crisis_type in (None, taxonomy.NONE_TYPE):
            raise ValueError("only a crisis type has a severity")


class PreparedLine(ReleaseLine, frozen=True, kw_only=True):
    """A release line on its way into the compile engine: without group and cluster, with what ties it to others."""

    group_keys: list[str] = []


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
