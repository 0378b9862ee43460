"""FINAL_TRAINING_DATA_MANIFEST.json: what a ladder holds, where it came from, and that its numbers add up."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

MANIFEST: Final = "FINAL_TRAINING_DATA_MANIFEST.json"
QUARANTINE: Final = "QUARANTINE.jsonl"
FORMAT: Final = "pixelhub.stages/1"
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside the manifest."""

    sha256: Sha256
    bytes: int
    records: int


class InputFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One source of rows. `raw_sum` adds up the SHA-256 of all its rows modulo 2^256: its order does not matter."""

    name: str
    source: str
    family: str
    stage: int
    licence: str
    consent: str
    objects: int
    bytes: int
    rows: int
    raw_sum: Sha256


class ScoreFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A score over the records of a stage; nulls where none could be judged. `target` is what the validator asks."""

    mean: float | None
    lowest: float | None
    n: int
    target: float | None


class StageMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. seen + moved_in = moved out + rejected + copies + left_out + records.

    Shares are parts of 1, the deviation is in points. `moved_out` counts, by reason, the crises that this stage refused
    and the stage for crises took (`moved_in` there).
    """

    label: str
    file: str
    share_wanted: float
    share: float
    deviation_points: float
    seen: int
    rejected: int
    reasons: dict[str, int]
    moved_in: int
    moved_out: dict[str, int]
    copies: int
    left_out: int
    records: int
    edge_cases: int
    edge_cases_left_out: int
    crises: int
    crises_left_out: int
    bypassed: dict[str, int]
    crisis_overrides: int
    bias_seen: dict[str, int]
    bias_flagged: int
    scores_given: int
    scores: dict[str, ScoreFacts]
    sources: dict[str, int]
    families: dict[str, int]
    crisis_types: dict[str, int]


class StageManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. read = refused + rejected + copies + left_out + records. No words of any record, no time, no path."""

    format: Literal["pixelhub.stages/1"]
    code_version: str
    routing_sha256: Sha256
    ladder: str
    conflict_order: list[int]
    seed: int
    wanted: int | None
    total: int
    read: int
    refused: int
    refused_reasons: dict[str, int]
    refused_edge_cases: int
    rejected: int
    copies: int
    left_out: int
    adds_up: bool
    tolerance_points: float
    ratios_hold: bool
    empty_stages: list[str]
    held_back_objects: int
    inputs: list[InputFacts]
    files: dict[str, FileFacts]
    quarantine: FileFacts | None
    stage_metrics: dict[str, StageMetrics]


def stage_manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of the manifest."""
    return msgspec.json.schema(StageManifest)
