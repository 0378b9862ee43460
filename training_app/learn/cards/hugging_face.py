"""The card in Hugging Face's model-card format: a YAML header, then the sections of its template."""

from __future__ import annotations

from typing import Any, Final

from pixelhub.canonical import canonical_json
from training_app.learn.config import EMBEDDED_BACKBONE
from training_app.learn.wording import in_order

from . import statements
from .datasheet import data_summary
from .figures import (
    against_production,
    apart_table,
    files_table,
    identity_table,
    metrics_table,
    pictures,
    prevalence_sentence,
    prevalence_table,
    slices_table,
    types_table,
)
from .records import CardRecords
from .text import escaped, prose
from .training import environment_line, training_table

EMBEDDED_ON_THE_HUB: Final = "sentence-transformers/all-MiniLM-L6-v2"


def model_card(records: CardRecords) -> str:
    """Return the card as Markdown. The same records give the same text."""
    sections = [
        _header(records),
        f"# {escaped(records.name)} v{records.version}",
        f"{statements.SUMMARY}\n\n{statements.NOT_A_PREDICTION}",
        _details(records),
        _uses(records),
        _risks(records),
        _start(),
        f"## Training Details\n\n### Training Data\n\n{data_summary(records)}",
        f"### Training Procedure\n\n{training_table(records)}",
        _evaluation(records),
        _other_files(records),
        f"## Technical Specifications\n\n### Model Architecture and Objective\n\n{statements.architecture(records)}",
        f"### Compute Infrastructure\n\n{environment_line(records)}",
        f"## Identity\n\n{identity_table(records)}",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _header(records: CardRecords) -> str:
    meta: dict[str, Any] = {
        "language": "en",
        "library_name": "onnx",
        "pipeline_tag": "text-classification",
        "tags": ["mental-health", "crisis-detection", "pixel-hub"],
    }
    if records.bundle["encoder"]["name"] == EMBEDDED_BACKBONE:
        meta["base_model"] = EMBEDDED_ON_THE_HUB
    if records.evaluation:
        results = [{"type": name, "value": metric["value"]} for name, metric in in_order(records.evaluation["metrics"])]
        dataset = {"name": f"release {records.bundle['lineage']['release']}", "type": "private", "split": "test"}
        task = {"type": "text-classification"}
        meta["model-index"] = [
            {"name": records.name, "results": [{"task": task, "dataset": dataset, "metrics": results}]}
        ]
    # Every JSON value is a YAML value, so the header needs no YAML writer.
    return "\n".join(["---", *(f"{key}: {canonical_json(value).decode()}" for key, value in meta.items()), "---"])


def _details(records: CardRecords) -> str:
    lines = [
        f"**Developed by:** {escaped(records.developer) or 'not recorded'}",
        "**Model type:** text classification of conversations, one of seven crisis types",
        "**Language(s) (NLP):** English",
        f"**Finetuned from model:** {escaped(records.bundle['encoder']['name'])}",
        f"**Version:** {records.version}"
        + (f", registered on {records.registered_on}" if records.registered_on else ""),
    ]
    if records.derived_from:
        kind = statements.KINDS.get(records.kind, records.kind)
        lines.append(f"**Made out of:** version {escaped(records.derived_from)}, {kind}")
    return "## Model Details\n\n### Model Description\n\n" + "\n".join(f"- {line}" for line in lines)


def _uses(records: CardRecords) -> str:
    parts = [f"## Uses\n\n### Direct Use\n\n{statements.DIRECT_USE}", f"Intended users: {statements.USERS}"]
    if notes := records.sections.get("intended_use"):
        parts.append(f"#### Notes of the team\n\n{prose(notes)}")
    parts.append(f"### Out-of-Scope Use\n\n{statements.OUT_OF_SCOPE}")
    return "\n\n".join(parts)


def _risks(records: CardRecords) -> str:
    parts = [f"## Bias, Risks, and Limitations\n\n{statements.limits(records)}"]
    if notes := records.sections.get("limits"):
        parts.append(f"#### Known limits, noted by the team\n\n{prose(notes)}")
    parts.append(f"### Ethical considerations\n\n{statements.ETHICS}")
    if notes := records.sections.get("ethics"):
        parts.append(prose(notes))
    parts.append(f"### Recommendations\n\n{statements.RECOMMENDATIONS}")
    if notes := records.sections.get("caveats"):
        parts.append(prose(notes))
    return "\n\n".join(parts)


def _start() -> str:
    return """## How to Get Started with the Model

With the bundle's folder at hand, a file of conversations is scored without the hub:

    python -m training_app.learn score --bundle BUNDLE --file conversations.jsonl --out scores.jsonl"""


def _evaluation(records: CardRecords) -> str:
    evaluation = records.evaluation
    if evaluation is None:
        return "## Evaluation\n\nNot evaluated on the held-out test split yet."
    slices = slices_table(evaluation)
    parts = [
        "## Evaluation\n\n### Testing Data, Factors & Metrics",
        f"On the held-out test split: {evaluation['n']} conversations, {evaluation['positives']} with a crisis. "
        f"This was opening number {records.test_set_uses} of this release's test split. "
        "Verdicts are taken on the one-sided 95% bound, not on the point estimate. Shares have exact "
        "(Clopper-Pearson) intervals, the AUC DeLong's, all others those of a bootstrap by conversation within each "
        "type.",
        f"### Results\n\n{metrics_table(evaluation)}",
        f"#### Where crises are rare\n\n{prevalence_table(evaluation)}\n\n{prevalence_sentence(evaluation)}".strip(),
        f"#### By crisis type\n\n{types_table(evaluation)}" if evaluation["per_type"] else "",
        f"#### Slices\n\n{slices}" if slices else "",
        against_production(evaluation),
        f"#### Plots\n\n{pictures(records)}" if records.plots else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _other_files(records: CardRecords) -> str:
    found = files_table(records)
    if not found:
        return ""
    parts = [
        "### Results on other files",
        "Labelled files that are no split of the release. Conversations that the release holds too were left out, "
        "and their number is given. At the frozen threshold, with 95% intervals.",
        found,
    ]
    if apart := apart_table(records):
        parts += ["Labels that say neither crisis nor none, and how many of their rows are flagged:", apart]
    return "\n\n".join(parts)
