"""Gates of a release, each with its verdict, its figures and the offending ids (D11).

A required gate that fails stops the compile; the others describe the release and are shown beside it. The gates
`pii` and `split` (hold-out families) of D11 are not judged yet and therefore not listed as passed.
"""

from __future__ import annotations

from typing import Any, Final

from . import taxonomy
from .counts import ReleaseCounts

SHARE_TOLERANCE: Final = 0.02
_MAX_OFFENDERS: Final = 20


def release_gates(counts: ReleaseCounts, edge_cases_expected: int) -> list[dict[str, Any]]:
    """Judge the counts of a release."""
    return [
        _leakage(counts),
        _gate(
            "provenance",
            required=True,
            offending=counts.without_provenance,
            figures={"traced": counts.total - len(counts.without_provenance), "records": counts.total},
        ),
        _gate(
            "edge_cases",
            required=True,
            passed=counts.edge_cases == edge_cases_expected,
            figures={"in_snapshots": edge_cases_expected, "in_release": counts.edge_cases},
        ),
        _stats(counts),
        _distribution(counts),
        _coverage(counts),
    ]


def _gate(
    name: str,
    *,
    required: bool,
    figures: dict[str, Any],
    offending: list[str] | None = None,
    passed: bool | None = None,
) -> dict[str, Any]:
    found = offending or []
    return {
        "gate": name,
        "required": required,
        "passed": not found if passed is None else passed,
        "figures": figures,
        "offending": sorted(found)[:_MAX_OFFENDERS],
    }


def _leakage(counts: ReleaseCounts) -> dict[str, Any]:
    crossing = counts.crossing_groups()
    return _gate(
        "leakage",
        required=True,
        offending=[*counts.duplicates, *crossing],
        figures={"duplicates": len(counts.duplicates), "groups_across_splits": len(crossing)},
    )


def _stats(counts: ReleaseCounts) -> dict[str, Any]:
    empty = [
        f"{split}: {kind}"
        for split in taxonomy.SPLITS
        for kind in taxonomy.CRISIS_TYPES
        if not counts.types[split][kind]
    ]
    return _gate(
        "stats",
        required=False,
        offending=empty,
        figures={"records": counts.total, "empty_cells": len(empty), "simulated_labels": counts.simulated},
    )


def _distribution(counts: ReleaseCounts) -> dict[str, Any]:
    shares = {split: round(counts.totals[split] / max(1, counts.total), 4) for split in taxonomy.SPLITS}
    wrong = [split for split in taxonomy.SPLITS if abs(shares[split] - taxonomy.SPLIT_SHARES[split]) > SHARE_TOLERANCE]
    return _gate("distribution", required=False, offending=wrong, figures=shares)


def _coverage(counts: ReleaseCounts) -> dict[str, Any]:
    present = {family for families in counts.families.values() for family in families}
    missing = [family for family in taxonomy.FAMILIES if family not in present]
    return _gate(
        "coverage",
        required=False,
        offending=missing,
        figures={"families": len(present), "of": len(taxonomy.FAMILIES)},
    )
