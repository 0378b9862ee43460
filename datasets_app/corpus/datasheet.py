"""The datasheet of a release, generated from its manifest and never edited by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import taxonomy


def datasheet(manifest: Mapping[str, Any]) -> str:
    """Return README.md of a release. Equal manifests give equal text."""
    counts = manifest["counts"]
    lines = [
        f"# Release {manifest['version']} of {manifest['project']}",
        "",
        f"{counts['total']} labelled conversations in {counts['groups']} groups, split by group and stratified by "
        f"crisis type (seed {manifest['params']['seed']}). Schema {manifest['schema']}.",
        "",
        "## Records per split and crisis type",
        "",
        "| crisis type | " + " | ".join(taxonomy.SPLITS) + " | all |",
        "|---|" + "---:|" * (len(taxonomy.SPLITS) + 1),
    ]
    for kind in taxonomy.CRISIS_TYPES:
        cells = [counts["splits"][split]["types"][kind] for split in taxonomy.SPLITS]
        lines.append(f"| {kind} | " + " | ".join(str(cell) for cell in cells) + f" | {sum(cells)} |")
    totals = [counts["splits"][split]["total"] for split in taxonomy.SPLITS]
    lines.append("| **all** | " + " | ".join(str(total) for total in totals) + f" | {sum(totals)} |")
    lines += ["", "## Where the labels come from", ""]
    for snapshot in manifest["snapshots"]:
        origin = "simulated annotators" if snapshot["simulated"] else "human annotators"
        lines.append(
            f"- snapshot {snapshot['number']}: {snapshot['used']} of {snapshot['labels']} labels used, "
            f"by {origin}, SHA-256 `{snapshot['sha256']}`"
        )
    if counts["simulated_labels"]:
        lines += [
            "",
            f"**{counts['simulated_labels']} labels were made by simulated annotators. A model trained on them shows "
            "that the product works, not that it is safe for people.**",
        ]
    if counts["not_screened_for_identifiers"]:
        lines += [
            "",
            f"**{counts['not_screened_for_identifiers']} conversations hold real people's words that were not screened "
            "for personal identifiers. Keep this release where those conversations may be kept.**",
        ]
    edge = manifest["edge_cases"]
    lines += [
        "",
        "## Edge cases",
        "",
        f"{edge['in_release']} edge cases, all of the {edge['in_snapshots']} in the snapshots. Edge cases are never "
        "filtered out or downsampled.",
        "",
        "## Gates",
        "",
        "| gate | verdict | figures |",
        "|---|---|---|",
    ]
    for gate in manifest["gates"]:
        figures = ", ".join(f"{name} {value}" for name, value in gate["figures"].items())
        lines.append(f"| {gate['gate']} | {'pass' if gate['passed'] else 'fail'} | {figures} |")
    lines += [
        "",
        "## Use",
        "",
        "For training and evaluating a model of response urgency under clinical supervision. The conversations hold "
        "distressing content, unsanitised on purpose. The labels are no diagnosis and no prediction of suicide. "
        "The test split is for one evaluation, never for training, tuning or thresholds.",
        "",
    ]
    return "\n".join(lines)
