"""The datasheet of a release, generated from its manifest and never edited by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from . import taxonomy

_MADE_BY: Final = {
    "annotators": "human annotators",
    "rules": "rules that no person checked (weak labels)",
    "generator": "the program that wrote the conversations",
    "augmentation": "people, for the conversations that these were made of",
}


def datasheet(manifest: Mapping[str, Any]) -> str:
    """Return README.md of a release. Equal manifests give equal text."""
    counts, params = manifest["counts"], manifest["params"]
    labelled = counts["total"] - _unlabelled(counts)
    lines = [
        f"# Release {manifest['version']} of {manifest['project']}",
        "",
        f"{counts['total']} conversations, {labelled} of them labelled, in {counts['groups']} groups. Split by group "
        f"and stratified by crisis type (seed {params['seed']}). Schema {manifest['schema']}.",
        *_choices(params, counts),
        "",
        "## Records per split and crisis type",
        "",
        *_types(counts),
        "",
        "## Families",
        "",
        *_families(counts),
        "",
        "## Where the labels come from",
        "",
        *_labels(manifest),
        *_warnings(counts),
        "",
        "## Edge cases",
        "",
        f"{manifest['edge_cases']['in_release']} edge cases, of {manifest['edge_cases']['in_snapshots']} that went in. "
        "Edge cases are never filtered out or downsampled.",
        "",
        "## Gates",
        "",
        "| gate | verdict | figures |",
        "|---|---|---|",
    ]
    for gate in manifest["gates"]:
        figures = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in gate["figures"].items())
        need = "" if gate["required"] else " (not required)"
        lines.append(f"| {gate['gate']}{need} | {'pass' if gate['passed'] else 'fail'} | {figures} |")
    lines += [
        *_quality(params),
        "",
        "## Use",
        "",
        "For training and evaluating a model of response urgency under clinical supervision. The conversations hold "
        "distressing content, unsanitised on purpose. The labels are no diagnosis and no prediction of suicide. "
        "The test split is for one evaluation, never for training, tuning or thresholds.",
        "",
    ]
    return "\n".join(lines)


def _unlabelled(counts: Mapping[str, Any]) -> int:
    return sum(counts["splits"][split].get("unlabelled", 0) for split in taxonomy.SPLITS)


def _choices(params: Mapping[str, Any], counts: Mapping[str, Any]) -> list[str]:
    lines = []
    if params.get("holdout_families"):
        lines.append(f"- hold-out families, in the test split only: {', '.join(params['holdout_families'])}")
    if params.get("held_out"):
        lines.append(f"- {len(params['held_out'])} records are held out: they may lie in the test split only")
    if params.get("parent"):
        lines.append(f"- records of the earlier release {params['parent']} keep their split")
    if params.get("near_duplicates"):
        lines.append(f"- near-duplicates: {params['near_duplicates']}, {counts.get('clusters', 0)} clusters")
    return ["", *lines] if lines else []


def _types(counts: Mapping[str, Any]) -> list[str]:
    rows = [
        (kind, [counts["splits"][split]["types"][kind] for split in taxonomy.SPLITS]) for kind in taxonomy.CRISIS_TYPES
    ]
    if _unlabelled(counts):
        rows.append(("unlabelled", [counts["splits"][split]["unlabelled"] for split in taxonomy.SPLITS]))
    rows.append(("**all**", [counts["splits"][split]["total"] for split in taxonomy.SPLITS]))
    return _table("crisis type", rows)


def _families(counts: Mapping[str, Any]) -> list[str]:
    names = sorted({name for split in taxonomy.SPLITS for name in counts["splits"][split]["families"]})
    rows = [(name, [counts["splits"][split]["families"].get(name, 0) for split in taxonomy.SPLITS]) for name in names]
    return _table("family", rows)


def _table(first: str, rows: list[tuple[str, list[int]]]) -> list[str]:
    return [
        f"| {first} | " + " | ".join(taxonomy.SPLITS) + " | all |",
        "|---|" + "---:|" * (len(taxonomy.SPLITS) + 1),
        *(f"| {name} | " + " | ".join(map(str, cells)) + f" | {sum(cells)} |" for name, cells in rows),
    ]


def _labels(manifest: Mapping[str, Any]) -> list[str]:
    lines = []
    for snapshot in manifest["snapshots"]:
        origin = "simulated annotators" if snapshot["simulated"] else _MADE_BY[snapshot.get("made_by", "annotators")]
        lines.append(
            f"- snapshot {snapshot['number']}: {snapshot['used']} of {snapshot['labels']} labels used, "
            f"by {origin}, SHA-256 `{snapshot['sha256']}`"
        )
    from_input = manifest["counts"].get("label_sources", {}).get("input", 0)
    if from_input:
        lines.append(f"- {from_input} labels came with the input; no annotator of this project gave them")
    return lines or ["- nobody labelled these conversations"]


def _warnings(counts: Mapping[str, Any]) -> list[str]:
    lines = []
    if counts["simulated_labels"]:
        lines += [
            "",
            f"**{counts['simulated_labels']} labels were made by simulated annotators. A model trained on them shows "
            "that the product works, not that it is safe for people.**",
        ]
    weak = counts.get("label_sources", {}).get("weak", 0)
    if weak:
        lines += [
            "",
            f"**{weak} of {counts['total'] - _unlabelled(counts)} labels are weak: a rule (where a text was posted, "
            "words in it) gave them and nobody read the text. Some are wrong, and a model can learn the rule rather "
            "than the danger.**",
        ]
    if counts["not_screened_for_identifiers"]:
        lines += [
            "",
            f"**{counts['not_screened_for_identifiers']} conversations hold real people's words that were not screened "
            "for personal identifiers. Keep this release where those conversations may be kept.**",
        ]
    redacted = counts.get("pii", {}).get("redacted", 0)
    if redacted:
        lines += ["", f"{redacted} conversations had identifiers replaced by rules that no person reviewed."]
    return lines


def _quality(params: Mapping[str, Any]) -> list[str]:
    report = params.get("quality")
    if not report:
        return []
    lines = [
        "",
        "## Quality",
        "",
        f"Rules and lexical proxies on {report['sample']} of {report['records']} conversations.",
        "",
        "| metric | value | 95% interval | conversations | target | verdict |",
        "|---|---:|---|---:|---:|---|",
    ]
    for name, found in report["metrics"].items():
        shown = "–" if found["value"] is None else f"{found['value']:.3f}"
        interval = "–" if found["low"] is None else f"{found['low']:.3f} to {found['high']:.3f}"
        cells = (name.replace("_", " "), shown, interval, found["n"], f"{found['target']:g}", found["verdict"])
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return lines
