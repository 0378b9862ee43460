"""Counts of a release while its lines pass by: mergeable, in constant memory but for some 50 bytes per record.

A record adds one to a cell (split, type, source, ...) and leaves the first half of its content hash and of its group,
so that content in two splits is found without keeping any name.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from . import taxonomy
from .namekeys import HASH_BYTES, KEY_BYTES, Keys, crossing, hash_names, key_name, name_key

UNLABELLED: Final = "unlabelled"
_SPLIT_CODE: Final = {split: code for code, split in enumerate(taxonomy.SPLITS)}


class Cell(NamedTuple):
    """What records are counted by."""

    split: str
    crisis_type: str  # or "unlabelled"
    severity: int  # 0 for none
    source: str
    family: str
    stage: int
    edge: bool
    simulated: bool
    pii: str
    label_source: str


class _Packed(msgspec.Struct):
    cells: list[tuple[Any, ...]]
    digests: bytes
    splits: bytes
    groups: bytes
    clusters: bytes
    cluster_splits: bytes
    edges: bytes
    untraced: bytes


class ReleaseCounts:
    """Accumulates what the manifest states and the gates judge."""

    def __init__(self) -> None:
        self.cells: Counter[Cell] = Counter()
        self._digests, self._splits, self._groups = bytearray(), bytearray(), bytearray()
        self._clusters, self._cluster_splits = bytearray(), bytearray()
        self._edges, self._untraced = bytearray(), bytearray()

    def add(self, split: str, line: Mapping[str, Any]) -> None:
        """Count one release line that lies in `split`."""
        metadata = line["metadata"]
        digest = bytes.fromhex(metadata["content_hash"][7:])
        edge = bool(metadata["is_training_edge_case"])
        self.cells[
            Cell(
                split,
                line["crisis_type"] or UNLABELLED,
                line["severity"] or 0,
                metadata["source"],
                metadata["source_family"],
                int(metadata["stage"]),
                edge,
                bool(metadata["provenance"].get("simulated")),
                metadata.get("pii", "unscanned"),
                line.get("label_source", "annotators"),
            )
        ] += 1
        code = _SPLIT_CODE[split]
        self._digests += digest[:KEY_BYTES]
        self._splits.append(code)
        self._groups += name_key(metadata["group"])
        if metadata.get("cluster"):
            self._clusters += name_key(metadata["cluster"])
            self._cluster_splits.append(code)
        if edge:
            self._edges += digest
        if not traced(line):
            self._untraced += digest

    def add_columns(
        self,
        cells: Mapping[Cell, int],
        *,
        digests: bytes,
        splits: bytes,
        groups: bytes,
        clusters: bytes,
        cluster_splits: bytes,
        edges: bytes,
        untraced: bytes,
    ) -> None:
        """Count many records at once, from columns: 16-byte digests and name keys, split codes, 32-byte hashes."""
        self.cells.update(cells)
        self._digests += digests
        self._splits += splits
        self._groups += groups
        self._clusters += clusters
        self._cluster_splits += cluster_splits
        self._edges += edges
        self._untraced += untraced

    def merge(self, other: ReleaseCounts) -> None:
        """Add what another part of the same release counted; the order of merging changes nothing that is stated."""
        self.add_columns(
            other.cells,
            digests=bytes(other._digests),
            splits=bytes(other._splits),
            groups=bytes(other._groups),
            clusters=bytes(other._clusters),
            cluster_splits=bytes(other._cluster_splits),
            edges=bytes(other._edges),
            untraced=bytes(other._untraced),
        )

    def to_bytes(self) -> bytes:
        """Return the counts as bytes, to be merged in another process."""
        columns = (self._digests, self._splits, self._groups, self._clusters, self._cluster_splits)
        cells = [(*cell, count) for cell, count in self.cells.items()]
        return msgspec.msgpack.encode(_Packed(cells, *map(bytes, (*columns, self._edges, self._untraced))))

    @classmethod
    def from_bytes(cls, data: bytes) -> ReleaseCounts:
        """Return the counts that `to_bytes` gave."""
        packed = msgspec.msgpack.decode(data, type=_Packed)
        counts = cls()
        counts.add_columns(
            {Cell(*cell[:-1]): cell[-1] for cell in packed.cells},
            digests=packed.digests,
            splits=packed.splits,
            groups=packed.groups,
            clusters=packed.clusters,
            cluster_splits=packed.cluster_splits,
            edges=packed.edges,
            untraced=packed.untraced,
        )
        return counts

    @property
    def total(self) -> int:
        """All records of the release."""
        return self.cells.total()

    @property
    def totals(self) -> Counter[str]:
        """Records per split."""
        return self._by("split")

    @property
    def types(self) -> dict[str, Counter[str]]:
        """Records per split and crisis type; "unlabelled" for those without."""
        return self._by_split("crisis_type")

    @property
    def sources(self) -> dict[str, Counter[str]]:
        """Records per split and source."""
        return self._by_split("source")

    @property
    def families(self) -> dict[str, Counter[str]]:
        """Records per split and family."""
        return self._by_split("family")

    @property
    def stages(self) -> dict[str, Counter[str]]:
        """Records per split and stage, the stage as text."""
        return self._by_split("stage")

    @property
    def severities(self) -> Counter[str]:
        """Records per severity, as text; those without a severity are left out."""
        found = self._by("severity")
        del found["0"]
        return found

    @property
    def pii(self) -> Counter[str]:
        """Records per state of the search for identifiers."""
        return self._by("pii")

    @property
    def edge_by_split(self) -> Counter[str]:
        """Edge cases per split."""
        return Counter({split: self._sum(split=split, edge=True) for split in taxonomy.SPLITS})

    @property
    def simulated(self) -> int:
        """Labels made by simulated annotators."""
        return self._sum(simulated=True)

    @property
    def edge_cases(self) -> int:
        """All edge cases of the release."""
        return len(self._edges) // HASH_BYTES

    @property
    def without_provenance(self) -> list[str]:
        """Content hashes of the records whose origin is not stated."""
        return hash_names(self._untraced)

    @property
    def duplicates(self) -> list[str]:
        """Return, sorted, the content hashes that come more than once, by their first 32 digits."""
        rows = Keys(self._digests)
        return [f"sha256:{key.hex()}" for key in rows.names(rows.repeated)]

    def edge_digest(self) -> str:
        """Return a hash over the edge cases, so that exchanging one for another shows."""
        return hashlib.sha256("\n".join(hash_names(self._edges)).encode()).hexdigest()

    def crossing_groups(self) -> list[str]:
        """Return the groups that lie in more than one split; there must be none."""
        return [key_name("g", key) for key in crossing(self._groups, self._splits)]

    def crossing_clusters(self) -> list[str]:
        """Return the clusters of near-duplicates that lie in more than one split; there must be none."""
        return [key_name("n", key) for key in crossing(self._clusters, self._cluster_splits)]

    def groups(self) -> int:
        """How many groups there are."""
        return Keys(self._groups).distinct

    def clusters(self) -> int:
        """How many clusters of near-duplicates there are."""
        return Keys(self._clusters).distinct

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as the manifest states them."""
        types, sources, families, stages = self.types, self.sources, self.families, self.stages
        totals, edges = self.totals, self.edge_by_split
        return {
            "total": self.total,
            "groups": self.groups(),
            "clusters": self.clusters(),
            "simulated_labels": self.simulated,
            "label_sources": dict(sorted(self._by("label_source").items())),
            "pii": dict(sorted(self.pii.items())),
            "not_screened_for_identifiers": sum(
                count
                for cell, count in self.cells.items()
                if cell.source != taxonomy.Source.SYNTHETIC and cell.pii == "unscanned"
            ),
            "severities": dict(sorted(self.severities.items())),
            "splits": {
                split: {
                    "total": totals[split],
                    "types": {kind: types[split][kind] for kind in taxonomy.CRISIS_TYPES},
                    "unlabelled": types[split][UNLABELLED],
                    "sources": dict(sorted(sources[split].items())),
                    "families": dict(sorted(families[split].items())),
                    "stages": dict(sorted(stages[split].items())),
                    "edge_cases": edges[split],
                }
                for split in taxonomy.SPLITS
            },
        }

    def _by(self, field: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for cell, count in self.cells.items():
            found[str(getattr(cell, field))] += count
        return found

    def _by_split(self, field: str) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {split: Counter() for split in taxonomy.SPLITS}
        for cell, count in self.cells.items():
            found[cell.split][str(getattr(cell, field))] += count
        return found

    def _sum(self, **wanted: Any) -> int:
        return sum(
            count
            for cell, count in self.cells.items()
            if all(getattr(cell, field) == value for field, value in wanted.items())
        )


def traced(line: Mapping[str, Any]) -> bool:
    """Whether a line says where it comes from: annotations and import of a label, input and raw row of a corpus."""
    provenance = line["metadata"]["provenance"]
    if line.get("label_source", "annotators") == "annotators":
        return bool(provenance.get("annotations") and provenance.get("import_sha256"))
    return bool(provenance.get("input") and (provenance.get("raw_sha256") or provenance.get("import_sha256")))
