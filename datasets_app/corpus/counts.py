"""Counts of a release while its lines pass by: per split by type, source, family, stage and edge case."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from . import taxonomy


class ReleaseCounts:
    """Accumulates what the manifest states and the gates judge. Memory: one hash per record."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.types: dict[str, Counter[str]] = {split: Counter() for split in taxonomy.SPLITS}
        self.sources: dict[str, Counter[str]] = {split: Counter() for split in taxonomy.SPLITS}
        self.families: dict[str, Counter[str]] = {split: Counter() for split in taxonomy.SPLITS}
        self.stages: dict[str, Counter[str]] = {split: Counter() for split in taxonomy.SPLITS}
        self.severities: Counter[str] = Counter()
        self.edge_by_split: Counter[str] = Counter()
        self.simulated = 0
        self.content_splits: dict[str, str] = {}
        self.group_splits: dict[str, set[str]] = {}
        self.duplicates: list[str] = []
        self.without_provenance: list[str] = []
        self._edge_hashes: list[str] = []

    def add(self, split: str, line: Mapping[str, Any]) -> None:
        """Count one release line that lies in `split`."""
        metadata = line["metadata"]
        provenance = metadata["provenance"]
        content = metadata["content_hash"]
        self.totals[split] += 1
        self.types[split][line["crisis_type"]] += 1
        self.sources[split][metadata["source"]] += 1
        self.families[split][metadata["source_family"]] += 1
        self.stages[split][str(metadata["stage"])] += 1
        if line["severity"] is not None:
            self.severities[str(line["severity"])] += 1
        if metadata["is_training_edge_case"]:
            self.edge_by_split[split] += 1
            self._edge_hashes.append(content)
        self.simulated += bool(provenance["simulated"])
        if content in self.content_splits:
            self.duplicates.append(content)
        self.content_splits[content] = split
        self.group_splits.setdefault(metadata["group"], set()).add(split)
        if not provenance["annotations"] or not provenance["import_sha256"]:
            self.without_provenance.append(content)

    @property
    def total(self) -> int:
        """All records of the release."""
        return sum(self.totals.values())

    @property
    def edge_cases(self) -> int:
        """All edge cases of the release."""
        return len(self._edge_hashes)

    def edge_digest(self) -> str:
        """Return a hash over the edge cases, so that exchanging one for another shows."""
        return hashlib.sha256("\n".join(sorted(self._edge_hashes)).encode()).hexdigest()

    def crossing_groups(self) -> list[str]:
        """Return the groups that lie in more than one split; there must be none."""
        return sorted(group for group, splits in self.group_splits.items() if len(splits) > 1)

    def _not_screened(self) -> int:
        """Records that hold real people's words, or derive from them: no screening for identifiers exists so far."""
        return sum(
            count
            for sources in self.sources.values()
            for source, count in sources.items()
            if source != taxonomy.Source.SYNTHETIC
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as the manifest states them."""
        return {
            "total": self.total,
            "groups": len(self.group_splits),
            "simulated_labels": self.simulated,
            "not_screened_for_identifiers": self._not_screened(),
            "severities": dict(sorted(self.severities.items())),
            "splits": {
                split: {
                    "total": self.totals[split],
                    "types": {kind: self.types[split][kind] for kind in taxonomy.CRISIS_TYPES},
                    "sources": dict(sorted(self.sources[split].items())),
                    "families": dict(sorted(self.families[split].items())),
                    "stages": dict(sorted(self.stages[split].items())),
                    "edge_cases": self.edge_by_split[split],
                }
                for split in taxonomy.SPLITS
            },
        }
