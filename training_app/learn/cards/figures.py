"""The tables of figures that both formats of a card hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from training_app.learn.wording import KIND_NAMES, METRIC_NAMES, SLICE_NAMES, in_order, prevalence_rows

from .records import PLOTS, CardRecords
from .text import escaped, number, spread, table, target, verdict

# Slices that describe who speaks; the Coalition for Health AI asks for them apart.
GROUPS = ("age", "gender", "language")


def metrics_table(evaluation: Mapping[str, Any]) -> str:
    """Every metric with its interval, target, bound and verdict."""
    rows = [
        (
            METRIC_NAMES[name],
            number(metric["value"]),
            f"{number(metric['low'])} to {number(metric['high'])}",
            metric["n"],
            target(metric),
            number(metric["bound"]),
            verdict(metric),
        )
        for name, metric in in_order(evaluation["metrics"])
    ]
    return table(("metric", "value", "95% interval", "n", "target", "bound", "verdict"), rows)


def types_table(evaluation: Mapping[str, Any]) -> str:
    """Precision, recall and F1 of each crisis type."""
    rows = []
    for row in evaluation["per_type"]:
        f1 = row["f1"]
        shown = (spread(f1), verdict(f1)) if f1 else ("-", "-")
        name = CRISIS_TYPE_LABELS[row["crisis_type"]]
        rows.append((name, row["support"], _with(row, "precision"), _with(row, "recall"), *shown))
    return table(("type", "conversations", "precision", "recall", "F1 (95% interval)", "verdict"), rows)


def slices_table(evaluation: Mapping[str, Any], *, only: tuple[str, ...] | None = None) -> str:
    """Sensitivity and specificity by slice; empty without one."""
    rows = [
        (
            f"{SLICE_NAMES.get(row['slice'], escaped(row['slice']))}: {escaped(row['value'])}",
            row["n"],
            spread(row["sensitivity"]),
            spread(row["specificity"]),
        )
        for row in evaluation["slices"]
        if only is None or row["slice"] in only
    ]
    return table(("slice", "n", "sensitivity", "specificity"), rows) if rows else ""


def prevalence_table(evaluation: Mapping[str, Any]) -> str:
    """What the rates mean where crises are rare."""
    rows = [
        (
            f"{row['prevalence']:.1%}",
            "-" if row["ppv"] is None else f"{row['ppv']:.1%}",
            "-" if row["ppv_low"] is None or row["ppv_high"] is None
            else f"{row['ppv_low']:.1%} to {row['ppv_high']:.1%}",
            f"{row['alerts_per_1000']:.1f}",
            f"{row['missed_per_1000']:.2f}",
        )
        for row in prevalence_rows(evaluation)
    ]  # fmt: skip
    head = ("share of crises", "alerts that are true", "range", "alerts per 1,000", "missed per 1,000")
    return table(head, rows) if rows else ""


def prevalence_sentence(evaluation: Mapping[str, Any]) -> str:
    """The row at one in a hundred as a sentence; empty when nothing is ever flagged."""
    row = next((row for row in prevalence_rows(evaluation) if row["prevalence"] == 0.01), None)
    if row is None or row["ppv"] is None:
        return ""
    return (
        f"**At a prevalence of 1%** these rates mean that {row['ppv']:.0%} of the alerts are true crises; "
        "the false-positive rate, not the sensitivity, decides how many people are disturbed for nothing."
    )


def files_table(records: CardRecords) -> str:
    """Results on other files; what a file cannot tell is a dash. Empty without a file."""
    rows = []
    for result in records.files:
        found, metrics = result.metrics, result.metrics["metrics"]
        about = found["file"]
        overlap = "not looked for" if about["overlap"] is None else about["overlap"]
        rows.append(
            (
                escaped(result.name),
                KIND_NAMES.get(result.label_kind, escaped(result.label_kind)),
                found["positives"],
                found["negatives"],
                spread(metrics.get("auc")),
                spread(metrics.get("sensitivity")),
                spread(metrics.get("false_positive_rate")),
                overlap,
            )
        )
    head = ("file", "labels", "crises", "others", "AUC", "sensitivity", "false-positive rate", "left out")
    return table(head, rows) if rows else ""


def apart_table(records: CardRecords) -> str:
    """Rows of other files whose label is neither crisis nor none: how many are flagged. Empty without one."""
    rows = [
        (escaped(result.name), escaped(row["label"]), row["n"], spread(row))
        for result in records.files
        for row in result.metrics["apart"]
    ]
    return table(("file", "label", "n", "flagged"), rows) if rows else ""


def against_production(evaluation: Mapping[str, Any]) -> str:
    """The comparison with the version that was in production when this one was evaluated; empty when none was kept."""
    found = evaluation.get("against_production")
    if not found:
        return ""
    if "reason" in found:
        return f"Compared with the version in production: {escaped(found['reason'])}."
    rows = [
        (name, part["n"], part["only_first"], part["only_second"], f"{part['p']:.4f}")
        for name, part in (
            ("all conversations", found["all"]),
            ("crises", found["crises"]),
            ("others", found["others"]),
        )
    ]
    head = ("on", "n", "only production is right", "only this version is right", "McNemar's exact p")
    return f"Compared with version {escaped(found['version'])}, then in production, on the same test set:\n\n" + table(
        head, rows
    )


def pictures(records: CardRecords) -> str:
    """References to the plots that lie beside the card."""
    return "\n\n".join(f"![{PLOTS[name]}](plots/{name}.svg)" for name in records.plots)


def identity_table(records: CardRecords) -> str:
    """Every hash that names this version."""
    lineage = records.bundle["lineage"]
    rows = [
        ("bundle SHA-256", records.bundle_sha256),
        ("release manifest SHA-256", lineage["release_manifest_sha256"]),
        ("configuration SHA-256", lineage["config_sha256"]),
        ("code version", lineage["code_version"]),
        ("encoder SHA-256", records.bundle["encoder"]["sha256"]),
        ("evaluation SHA-256", records.evaluation_sha256 or "not evaluated"),
        ("test set SHA-256", (records.evaluation or {}).get("test_set_sha256") or "not evaluated"),
        *((f"{name} SHA-256", entry["sha256"]) for name, entry in sorted(records.bundle["files"].items())),
        *((f"file {escaped(result.name)}, evaluation SHA-256", result.sha256) for result in records.files),
    ]
    if records.derived_from:
        rows.insert(1, ("made out of bundle", lineage.get("derived_from", records.derived_from)))
    return table(("what", "value"), ((name, f"`{value}`") for name, value in rows))


def _with(row: Mapping[str, Any], name: str) -> str:
    interval = row.get(f"{name}_interval")
    shown = number(row[name])
    return f"{shown} ({number(interval[0])} to {number(interval[1])})" if interval else shown
