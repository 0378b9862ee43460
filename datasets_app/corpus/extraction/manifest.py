"""The manifest of an extraction: what was read of every source, what was taken, and that the numbers add up."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

FORMAT: Final = "pixelhub.extraction/1"
# Not `.json`: a manifest may lie beside its records under a prefix whose `.json` objects are read as conversations.
MANIFEST_SUFFIX: Final = ".manifest"
QUARANTINE_SUFFIX: Final = ".quarantine.jsonl"
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file beside the manifest."""

    sha256: Sha256
    bytes: int
    records: int


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One object that was read: read = kept + all of `passed` + all of `broken`.

    `kept` counts rows that gave records, `records` what they gave. `passed` are sound rows that are none of this set,
    by reason (too_short); `broken` those that cannot be read, by reason: they lie in quarantine.
    """

    name: str
    bytes: int
    read: int
    kept: int
    records: int
    passed: dict[str, int]
    broken: dict[str, int]


class ExtractionManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; sums are those of `sources`. No words of any conversation, no time, no folder of a machine.

    `raw_sum` adds up the SHA-256 of all rows that were read, modulo 2^256. `details` holds what a set has to say of
    itself: voices, judges, pairs.
    """

    format: Literal["pixelhub.extraction/1"]
    code_version: str
    set: str
    family: str
    stage: int
    params: dict[str, Any]
    read: int
    kept: int
    records: int
    passed: dict[str, int]
    broken: dict[str, int]
    adds_up: bool
    limit_reached: bool
    held_back_objects: int
    raw_sum: Sha256
    sources: list[SourceFacts]
    files: dict[str, FileFacts]
    details: dict[str, Any]


def extraction_manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of the manifest."""
    return msgspec.json.schema(ExtractionManifest)
