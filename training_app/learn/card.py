"""The model card in Hugging Face's model-card format, written from records and from nothing else.

Pure text building: no torch, no network (the format's own `validate()` asks a server, so it is not called).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES
from pixelhub.canonical import canonical_json

METRIC_NAMES: Final[dict[str, str]] = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "false_positive_rate": "False-positive rate",
    "macro_f1": "Macro F1 (seven classes)",
    "auc": "Area under the ROC curve",
    "ece": "Expected calibration error",
    "severity_mae": "Severity, mean absolute error (levels)",
}
VERDICT_NAMES: Final[dict[str, str]] = {
    "pass": "pass",
    "fail": "fail",
    "insufficient_data": "insufficient data",
}


@dataclass(frozen=True)
class CardRecords:
    """Everything a card is made of; each field is a record of the hub or of a training folder, none is free text."""

    name: str
    version: str
    bundle: Mapping[str, Any]
    bundle_sha256: str
    config: Mapping[str, Any]
    record: Mapping[str, Any]
    release_counts: Mapping[str, Any]
    evaluation: Mapping[str, Any] | None
    evaluation_sha256: str = ""
    test_set_uses: int = 0


def in_order(metrics: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return an evaluation's metrics in the order of METRIC_NAMES; canonical JSON has sorted them by name."""
    return [(name, metrics[name]) for name in METRIC_NAMES if name in metrics]


def model_card(records: CardRecords) -> str:
    """Return the card as Markdown with a YAML header."""
    sections = [
        _header(records),
        _title(records),
        _purpose(),
        _data(records),
        _architecture(records),
        _training(records),
        _evaluation(records),
        _per_type(records),
        _limits(records),
        _ethics(),
        _identity(records),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _header(records: CardRecords) -> str:
    meta: dict[str, Any] = {
        "language": "en",
        "library_name": "onnx",
        "pipeline_tag": "text-classification",
        "base_model": "sentence-transformers/all-MiniLM-L6-v2",
        "tags": ["mental-health", "crisis-detection", "pixel-hub"],
    }
    if records.evaluation:
        results = [{"type": name, "value": metric["value"]} for name, metric in in_order(records.evaluation["metrics"])]
        dataset = {"name": f"release {records.bundle['lineage']['release']}", "type": "private", "split": "test"}
        task = {"type": "text-classification"}
        meta["model-index"] = [
            {"name": records.name, "results": [{"task": task, "dataset": dataset, "metrics": results}]}
        ]
    # Every JSON value is a YAML value, so the header needs no YAML writer.
    return "\n".join(["---", *(f"{key}: {canonical_json(value).decode()}" for key, value in meta.items()), "---"])


def _title(records: CardRecords) -> str:
    return f"# {_text(records.name)} v{records.version}"


def _purpose() -> str:
    return """## Purpose

The model reads the last messages of a chat between a person and an assistant and gives a crisis score, one of six
crisis types or none, and a severity from 1 to 5.

**The score states response urgency. It is not a prediction of suicide.** The model supports the decision of a trained
person; it is decision support, not a medical device, and it replaces no clinical assessment.

Intended users: clinical-AI teams who route conversations to trained responders. Out of scope: diagnosis, use without
a human who can respond, use to restrict, discipline or report a person, languages other than English."""


def _data(records: CardRecords) -> str:
    counts = records.release_counts
    lines = [
        "## Data",
        "",
        f"Release {_text(records.bundle['lineage']['release'])}, split by groups: no person's text crosses splits.",
        "",
    ]
    splits = counts.get("splits", {})
    if splits:
        lines += [
            "| split | conversations | " + " | ".join(CRISIS_TYPES) + " |",
            "|---|---|" + "---|" * len(CRISIS_TYPES),
        ]
        for split, part in splits.items():
            row = " | ".join(str(part["types"].get(kind, 0)) for kind in CRISIS_TYPES)
            lines.append(f"| {split} | {part['total']} | {row} |")
        lines += ["", f"Sources: {_sources(counts)}."]
    lines += ["", _provenance_statement(counts)]
    return "\n".join(lines)


def _sources(counts: Mapping[str, Any]) -> str:
    totals: dict[str, int] = {}
    for part in counts.get("splits", {}).values():
        for source, number in part.get("sources", {}).items():
            totals[source] = totals.get(source, 0) + number
    return ", ".join(f"{source} {number}" for source, number in sorted(totals.items())) or "not recorded"


def _provenance_statement(counts: Mapping[str, Any]) -> str:
    sources = {source for part in counts.get("splits", {}).values() for source in part.get("sources", {})}
    said = []
    if sources and sources <= {"synthetic", "augmented"}:
        said.append(
            "**All conversations are synthetic.** The figures below describe generated text. "
            "They do not show how the model does on real conversations."
        )
    elif "synthetic" in sources or "augmented" in sources:
        said.append("Part of the conversations is synthetic or augmented.")
    simulated, total = int(counts.get("simulated_labels", 0)), int(counts.get("total", 0))
    if simulated:
        said.append(
            f"**{simulated} of {total} labels come from simulated annotators**, not from people; "
            "they show that the process works, not that its labels are clinically right."
        )
    return " ".join(said) or "All conversations are real and labelled by people."


def _architecture(records: CardRecords) -> str:
    bundle = records.bundle
    hidden = records.config.get("model", {}).get("hidden_size", "unknown")
    return f"""## Architecture

- Encoder: {bundle["encoder"]["name"]}, frozen (6 layers, 384 dimensions, Apache-2.0), mean pooling over the tokens.
- Heads on a shared hidden layer of {hidden} units: crisis type (7 classes) and severity (5 levels, proportional odds).
- Input: the last {bundle["last_messages"]} messages, of them the last {bundle["max_length"]} tokens.
- Score: 1 - P(none), softmax at temperature {bundle["temperature"]}. Crisis: score >= {bundle["threshold"]}.
- Temperature and threshold were chosen on the validation split and are part of the hashed bundle.
- Served as one ONNX graph (opset 20)."""


def _training(records: CardRecords) -> str:
    rows = [
        ("optimiser", "AdamW, linear warm-up of at most a tenth of the steps, then cosine"),
        *((name.replace("_", " "), value) for name, value in records.config.get("optimisation", {}).items()),
        *((f"loss {name.replace('_', ' ')}", value) for name, value in records.config.get("loss", {}).items()),
        ("best epoch", records.record.get("best_epoch", "unknown")),
    ]
    calibration, latency = records.record.get("calibration", {}), records.record.get("latency", {})
    if calibration:
        rows += [
            ("validation sensitivity at the threshold", _number(calibration["val_sensitivity"])),
            ("validation specificity at the threshold", _number(calibration["val_specificity"])),
        ]
    if "parity" in records.record:
        difference = records.record["parity"]["max_probability_difference"]
        rows.append(("largest difference of a probability, ONNX against torch", f"{difference:.1e}"))
    if latency:
        rows.append(
            ("latency, one conversation, one thread", f"p50 {latency['p50_ms']} ms, p95 {latency['p95_ms']} ms")
        )
    return "\n".join(
        ["## Training", "", "| setting | value |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    )


def _evaluation(records: CardRecords) -> str:
    evaluation = records.evaluation
    if evaluation is None:
        return "## Evaluation\n\nNot evaluated on the held-out test split yet."
    lines = [
        "## Evaluation",
        "",
        f"On the held-out test split: {evaluation['n']} conversations, {evaluation['positives']} with a crisis. "
        f"This was opening number {records.test_set_uses} of this release's test split. "
        "Verdicts are taken on the one-sided 95% bound, not on the point estimate.",
        "",
        "| metric | value | 95% interval | n | target | bound | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, metric in in_order(evaluation["metrics"]):
        lines.append(f"| {METRIC_NAMES.get(name, name)} {_cells(metric)} |")
    ppv = evaluation["ppv_at_1_percent"]
    if ppv is not None:
        lines += [
            "",
            f"**At a prevalence of 1%** these rates mean that {ppv:.0%} of the alerts are true crises; "
            "the false-positive rate, not the sensitivity, decides how many people are disturbed for nothing.",
        ]
    return "\n".join(lines)


def _per_type(records: CardRecords) -> str:
    if records.evaluation is None:
        return ""
    lines = [
        "### By crisis type",
        "",
        "| type | test conversations | precision | recall | F1 | 95% interval | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in records.evaluation["per_type"]:
        f1 = row["f1"]
        shown = (
            f"{_number(f1['value'])} | {_number(f1['low'])} to {_number(f1['high'])} | {_verdict(f1['verdict'])}"
            if f1
            else "- | - | -"
        )
        lines.append(
            f"| {CRISIS_TYPE_LABELS[row['crisis_type']]} | {row['support']} | {_number(row['precision'])} | "
            f"{_number(row['recall'])} | {shown} |"
        )
    return "\n".join(lines)


def _limits(records: CardRecords) -> str:
    missed = len(records.evaluation["missed"]) if records.evaluation else None
    lines = [
        "## Limits",
        "",
        "- English only; other languages, code words and images are not understood.",
        f"- Only the last {records.bundle['max_length']} tokens are read; what was said long before can be missed.",
        "- Irony, metaphor and quotation are hard. The rule-based detector beside the model can raise an alert, "
        "never lower one.",
        "- Figures hold for conversations like those of the test split. A new population needs a new evaluation.",
    ]
    if missed is not None:
        lines.append(f"- Crises missed on the test split: {missed}. Each is listed for the reviewers by its hash.")
    return "\n".join(lines)


def _ethics() -> str:
    return """## Ethics

A missed crisis can cost a life; a false alarm costs trust and may bring unwanted intervention. Every alert goes to a
trained person before anything happens to the writer. Conversations with suicidality, psychosis, trauma and abuse stay
in the training data on purpose. No model serves production traffic without a clinical lead's signature on exactly
these bytes; the signer is not the trainer. Scores are logged without text."""


def _identity(records: CardRecords) -> str:
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
    ]
    return "\n".join(
        ["## Identity", "", "| what | value |", "|---|---|", *(f"| {name} | `{value}` |" for name, value in rows)]
    )


def _cells(metric: Mapping[str, Any]) -> str:
    target = (
        "-"
        if metric["target"] is None
        else f"{'>' if metric.get('higher_is_better', True) else '<'} {metric['target']}"
    )
    return (
        f"| {_number(metric['value'])} | {_number(metric['low'])} to {_number(metric['high'])} | {metric['n']} | "
        f"{target} | {_number(metric['bound'])} | {_verdict(metric['verdict'])}"
    )


def _verdict(verdict: str | None) -> str:
    return VERDICT_NAMES[verdict] if verdict else "-"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _text(value: object) -> str:
    """Names come from users: keep them from being Markdown or HTML."""
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+!|~&" else char for char in str(value))
    return " ".join(escaped.split())
