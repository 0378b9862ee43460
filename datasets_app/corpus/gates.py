"""Gates of a release, each with its verdict, its figures and the offending ids (D11).

They are judged twice: when a release is made, and from its bytes alone when it is verified, whoever made it. A
required gate that fails stops a compile and a verification; the others describe the release. Offending ids are
content hashes, groups, families or cells of a table, never words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from . import taxonomy
from .counts import ReleaseCounts

SHARE_TOLERANCE: Final = 0.02
MAX_OFFENDERS: Final = 20
GATES: Final = (
    "coverage", "leakage", "distribution", "pii", "provenance", "hash", "split", "stats", "edge_cases",
)  # fmt: skip
REQUIRED: Final = frozenset({"leakage", "pii", "provenance", "hash", "split", "edge_cases"})


@dataclass
class Offenders:
    """How many there are, and the first of them by name."""

    total: int = 0
    ids: list[str] = field(default_factory=list)
    complete: bool = True  # False: the search stopped at its limit, there may be more

    @classmethod
    def of(cls, names: Iterable[str]) -> Offenders:
        """Return the offenders with these names."""
        made = cls()
        for name in sorted(names):
            made.add(name)
        return made

    def add(self, name: str) -> None:
        """Count one more."""
        self.total += 1
        if len(self.ids) < MAX_OFFENDERS:
            self.ids.append(name)


@dataclass
class Found:
    """What only somebody who read every line can know."""

    duplicates: Offenders = field(default_factory=Offenders)
    groups: Offenders = field(default_factory=Offenders)
    clusters: Offenders = field(default_factory=Offenders)
    near_pairs: Offenders | None = None  # None: nobody looked for near-duplicates across splits
    untraced: Offenders = field(default_factory=Offenders)
    unsettled: Offenders = field(default_factory=Offenders)
    mismatched: Offenders = field(default_factory=Offenders)
    held_out: Offenders = field(default_factory=Offenders)
    test_only: Offenders = field(default_factory=Offenders)


def release_gates(
    counts: ReleaseCounts, edge_cases_expected: int, params: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Judge a release while it is made, from its counts and its parameters."""
    found = Found(
        duplicates=Offenders.of(counts.duplicates),
        groups=Offenders.of(counts.crossing_groups()),
        clusters=Offenders.of(counts.crossing_clusters()),
        untraced=Offenders.of(counts.without_provenance),
        unsettled=Offenders(
            total=sum(count for cell, count in counts.cells.items() if is_unsettled(cell.pii, cell.source))
        ),
    )
    return judge(counts.as_dict(), counts.edge_cases, edge_cases_expected, params or {}, found)


def judge(
    counts: Mapping[str, Any], edge_cases: int, edge_cases_expected: int, params: Mapping[str, Any], found: Found
) -> list[dict[str, Any]]:
    """Return all gates in the order of GATES.

    `counts` is what the manifest states, or what verification counted; `params` may hold `shares`,
    `holdout_families` and `pii`. Malformed parameters of a foreign release count as absent.
    """
    splits = counts["splits"]
    total = counts["total"]
    return [
        _coverage(splits),
        _leakage(found, params),
        _distribution(splits, total, params),
        _pii(counts, params, found),
        _gate("provenance", found.untraced, {"traced": total - found.untraced.total, "records": total}),
        _gate("hash", found.mismatched, {"records": total, "mismatched": found.mismatched.total}),
        _split(splits, params, found),
        _stats(counts),
        _gate(
            "edge_cases",
            Offenders(total=int(edge_cases != edge_cases_expected)),
            {"expected": edge_cases_expected, "in_release": edge_cases},
        ),
    ]


def failed_required(gates: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the required gates that fail."""
    return [gate["gate"] for gate in gates if gate["required"] and not gate["passed"]]


def is_unsettled(pii: str, source: str) -> bool:
    """Whether words wait for a decision on identifiers; of synthetic words nobody has to have looked for any."""
    return pii == "pending" or (pii == "unscanned" and source != taxonomy.Source.SYNTHETIC)


def holdout_families(params: Mapping[str, Any]) -> list[str]:
    """Return the hold-out families that the parameters name."""
    named = params.get("holdout_families")
    return sorted({name for name in named if isinstance(name, str)}) if isinstance(named, list | tuple) else []


def _gate(name: str, offending: Offenders, figures: dict[str, Any], *, required: bool | None = None) -> dict[str, Any]:
    return {
        "gate": name,
        "required": name in REQUIRED if required is None else required,
        "passed": not offending.total,
        "figures": figures,
        "offending": offending.ids[:MAX_OFFENDERS],
    }


def held_out_records(params: Mapping[str, Any]) -> list[str]:
    """Content hashes that may lie in the test split only; [] where none is named."""
    named = params.get("held_out")
    return [str(one) for one in named] if isinstance(named, list) else []


def _leakage(found: Found, params: Mapping[str, Any]) -> dict[str, Any]:
    near = found.near_pairs
    # Whoever kept clusters together has looked for near-duplicates; from the bytes alone that is only a claim.
    unsearched = "by cluster" if params.get("near_duplicates") in ("group", "drop") else "not searched"
    return _gate(
        "leakage",
        _sum(found.duplicates, found.groups, found.clusters, near or Offenders()),
        {
            "duplicates": found.duplicates.total,
            "groups_across_splits": found.groups.total,
            "clusters_across_splits": found.clusters.total,
            "near_duplicates_across_splits": unsearched
            if near is None
            else near.total
            if near.complete
            else f"at least {near.total}",
        },
    )


def _pii(counts: Mapping[str, Any], params: Mapping[str, Any], found: Found) -> dict[str, Any]:
    states = counts.get("pii") or {"unscanned": counts["total"]}
    figures = {state: states[state] for state in sorted(states) if states[state]}
    # Whoever switched screening off knows it; the gate still says that it does not pass.
    return _gate(
        "pii",
        found.unsettled,
        figures | {"unsettled": found.unsettled.total},
        required=params.get("pii") != "off",
    )


def _split(splits: Mapping[str, Any], params: Mapping[str, Any], found: Found) -> dict[str, Any]:
    families = holdout_families(params)
    outside = {
        f"{family} in {split}": splits[split]["families"][family]
        for split in taxonomy.SPLITS
        for family in families
        if split != "test" and splits[split]["families"].get(family)
    }
    held = sum(splits["test"]["families"].get(family, 0) for family in families)
    figures = {"holdout_families": len(families), "held_out_in_test": held, "outside_test": sum(outside.values())}
    records = held_out_records(params)
    if records:
        figures |= {"held_out_records": len(records), "held_out_records_outside_test": found.test_only.total}
    return _gate(
        "split",
        Offenders(sum(outside.values()) + found.test_only.total, [*outside, *found.held_out.ids, *found.test_only.ids]),
        figures,
    )


def _stats(counts: Mapping[str, Any]) -> dict[str, Any]:
    empty = [
        f"{split}: {kind}"
        for split in taxonomy.SPLITS
        for kind in taxonomy.CRISIS_TYPES
        if not counts["splits"][split]["types"].get(kind)
    ]
    figures = {
        "records": counts["total"],
        "groups": counts.get("groups", 0),
        "empty_cells": len(empty),
        "unlabelled": sum(counts["splits"][split].get("unlabelled", 0) for split in taxonomy.SPLITS),
        "simulated_labels": counts.get("simulated_labels", 0),
    }
    return _gate("stats", Offenders.of(empty), figures)


def _distribution(splits: Mapping[str, Any], total: int, params: Mapping[str, Any]) -> dict[str, Any]:
    wanted = _shares(params)
    shares = {split: round(splits[split]["total"] / max(1, total), 4) for split in taxonomy.SPLITS}
    wrong = [split for split in taxonomy.SPLITS if abs(shares[split] - wanted[split]) > SHARE_TOLERANCE]
    return _gate(
        "distribution",
        Offenders.of(wrong),
        shares | {"wanted": "/".join(f"{wanted[s] * 100:g}" for s in taxonomy.SPLITS)},
    )


def _shares(params: Mapping[str, Any]) -> Mapping[str, float]:
    named = params.get("shares")
    if (
        isinstance(named, Mapping)
        and set(named) == set(taxonomy.SPLITS)
        and all(isinstance(share, int | float) and 0 <= share <= 1 for share in named.values())
    ):
        return named
    return taxonomy.SPLIT_SHARES


def _coverage(splits: Mapping[str, Any]) -> dict[str, Any]:
    present = {family for split in taxonomy.SPLITS for family, count in splits[split]["families"].items() if count}
    missing = [family for family in taxonomy.FAMILIES if family not in present]
    return _gate(
        "coverage",
        Offenders.of(missing),
        {"families": len(present & set(taxonomy.FAMILIES)), "of": len(taxonomy.FAMILIES)},
    )


def _sum(*parts: Offenders) -> Offenders:
    return Offenders(sum(part.total for part in parts), [name for part in parts for name in part.ids])
