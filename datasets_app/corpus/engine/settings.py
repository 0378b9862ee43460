"""What a compile is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD
from datasets_app.corpus.splits import exact_totals
from datasets_app.corpus.structure import StructureRules

MIB: Final = 1 << 20
PiiMode = Literal["redact", "check", "off"]
NearMode = Literal["group", "drop", "off"]


class CompileError(RuntimeError):
    """The compile cannot go on; the message says why and holds no text of a record."""


class CompileCancelled(CompileError):
    """Somebody cancelled it. What is finished stays in the work folder."""


class Input(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One source of rows: a file, a folder, or a prefix of an object store, with what is known about all its rows.

    `name` stands in the provenance of each record ("" takes the family); it must not depend on where the file lies.
    `prepared` rows are lines of record.PreparedLine, made by the hub: converted and screened already.
    """

    address: str
    family: str
    stage: int = 1
    source: Literal["real", "synthetic", "augmented"] = "synthetic"
    licence: str = ""
    consent: str = ""
    name: str = ""
    prepared: bool = False

    def __post_init__(self) -> None:
        if self.stage not in taxonomy.STAGES:
            raise ValueError(f"a stage is one of {', '.join(map(str, taxonomy.STAGES))}, not {self.stage}")
        if self.family not in taxonomy.FAMILIES and not self.prepared:
            raise ValueError(f"{self.family!r} is no family of the taxonomy")


class PlacesSpec(msgspec.Struct, frozen=True):
    """How a worker process gets at objects: an importable factory of places.Places and its keyword arguments."""

    factory: str = "datasets_app.corpus.engine.places:LocalPlaces"
    options: dict[str, Any] = {}


class CompileSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides the bytes of the release; how it is computed (engine, workers, unit size) never does.

    `pii`: None redacts real and augmented conversations and checks synthetic ones. `near_duplicates`: "group" keeps
    clusters together in one split, "drop" keeps one of each cluster and every edge case. `parent` is the address of an
    earlier release whose records keep their split. `held_out` are content hashes that go to the test split only.
    """

    project: str
    version: str
    seed: int = 1
    shares: dict[str, float] = msgspec.field(default_factory=lambda: dict(taxonomy.SPLIT_SHARES))
    shard_lines: int = 5_000
    near_duplicates: NearMode = "group"
    threshold: float = DEFAULT_THRESHOLD
    pii: PiiMode | None = None
    holdout_families: tuple[str, ...] = ()
    parent: str = ""
    held_out: tuple[str, ...] = ()
    rules: StructureRules = StructureRules()
    params: dict[str, Any] = {}
    snapshots: list[dict[str, Any]] = []
    unit_bytes: int = 8 * MIB
    places: PlacesSpec = PlacesSpec()

    def __post_init__(self) -> None:
        exact_totals(0, self.shares)
        if not 0 < self.threshold <= 1:
            raise ValueError("the threshold of near-duplicates lies above 0 and not above 1")
        if self.shard_lines < 1 or self.unit_bytes < 1:
            raise ValueError("a shard has at least one line, a unit at least one byte")

    def pii_mode(self, source: str) -> PiiMode:
        """Return what is done about identifiers in conversations of this source."""
        return self.pii or ("check" if source == taxonomy.Source.SYNTHETIC else "redact")


class Progress(msgspec.Struct, frozen=True):
    """How far a stage is. `done` and `total` count `unit`; `rate` is per second, `eta` in seconds, None if unknown."""

    stage: str
    done: int
    total: int
    unit: str
    rate: float
    eta: float | None


class CompileReport(msgspec.Struct, kw_only=True):
    """What a compile did: read = accepted + duplicates + quarantined. No text of any record."""

    manifest_sha256: str
    release_sha256: str
    read: int
    accepted: int
    duplicates: int
    near_duplicates_dropped: int
    quarantined: int
    reasons: dict[str, int]
    formats: dict[str, int]
    pii_findings: dict[str, int]
    clusters: int
    groups: int
    splits: dict[str, int]
    units: int
    units_resumed: int
    seconds: float
    gates: list[dict[str, Any]]
    report_folder: str


ProgressSink = Callable[[Progress], None]
CancelCheck = Callable[[], bool]
