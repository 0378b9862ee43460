"""What a card says of the data: a summary of the release's own datasheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets_app.corpus.taxonomy import CRISIS_TYPES

from .records import CardRecords
from .text import escaped, table


def data_summary(records: CardRecords) -> str:
    """The release's splits and types, its sources and families, how it was labelled, and its gates."""
    counts = records.release_counts
    lines = [
        f"Release {escaped(records.bundle['lineage']['release'])}, split by groups: no person's text crosses splits.",
    ]
    splits = counts.get("splits", {})
    if splits:
        rows = [
            (split, part["total"], *(part["types"].get(kind, 0) for kind in CRISIS_TYPES))
            for split, part in splits.items()
        ]
        lines.append(table(("split", "conversations", *CRISIS_TYPES), rows))
        facts = [f"Sources: {_totals(splits, 'sources')}", f"Families: {_totals(splits, 'families')}"]
        facts += [f"Label sources: {_listed(counts['label_sources'])}"] if counts.get("label_sources") else []
        facts += [f"Identifiers: {_listed(counts['pii'])}"] if counts.get("pii") else []
        lines.append("\n".join(f"- {fact}." for fact in facts))
    lines.append(provenance_statement(counts))
    if records.release_gates:
        passed = [gate["gate"] for gate in records.release_gates if gate["passed"]]
        failed = [gate["gate"] for gate in records.release_gates if not gate["passed"]]
        lines.append(
            f"Gates of the release: {len(passed)} passed"
            + (f", failed: {', '.join(escaped(name) for name in failed)}." if failed else ".")
        )
    return "\n\n".join(lines)


def provenance_statement(counts: Mapping[str, Any]) -> str:
    """Whether the conversations are real and their labels people's, in words that nobody can miss."""
    sources = {source for part in counts.get("splits", {}).values() for source in part.get("sources", {})}
    said = []
    if sources and sources <= {"synthetic", "augmented"}:
        said.append(
            "**All conversations are synthetic.** The figures on the test split describe generated text. "
            "They do not show how the model does on real conversations."
        )
    elif "synthetic" in sources or "augmented" in sources:
        said.append("Part of the conversations is synthetic or augmented.")
    simulated, total = int(counts.get("simulated_labels", 0)), int(counts.get("total", 0))
    labels = counts.get("label_sources") or {}
    if labels.get("weak"):
        said.append(
            f"**{labels['weak']} of {total} labels are weak**: a rule gave them (where a text was posted, words in it) "
            "and nobody read the text. A model can learn the rule rather than the danger."
        )
    if labels.get("generator"):
        said.append(f"{labels['generator']} of {total} labels were given by the program that wrote the conversations.")
    if simulated:
        said.append(
            f"**{simulated} of {total} labels come from simulated annotators**, not from people; "
            "they show that the process works, not that its labels are clinically right."
        )
    from_input = int(labels.get("input", 0))
    if from_input:
        said.append(f"**{from_input} of {total} labels came with the input files**; no annotator here gave them.")
    return " ".join(said) or "All conversations are real and labelled by people."


def _totals(splits: Mapping[str, Any], name: str) -> str:
    totals: dict[str, int] = {}
    for part in splits.values():
        for value, count in part.get(name, {}).items():
            totals[value] = totals.get(value, 0) + count
    return _listed(totals)


def _listed(totals: Mapping[str, int]) -> str:
    return ", ".join(f"{escaped(value)} {count}" for value, count in sorted(totals.items())) or "not recorded"
