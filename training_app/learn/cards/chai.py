"""The card as the Coalition for Health AI's Applied Model Card (schema v0.2): its headings, in its order, in Markdown.

What the hub does not know (funding, regulatory status) is said to be unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from training_app.learn.wording import METRIC_NAMES

from . import statements
from .datasheet import data_summary
from .figures import (
    GROUPS,
    against_production,
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
from .text import escaped, prose, table, target, verdict

UNKNOWN: Final = "Not recorded in this hub."
_USEFULNESS: Final = ("auc", "average_precision", "macro_f1", "severity_mae", "severity_qwk")
_SAFETY: Final = ("sensitivity", "false_positive_rate", "specificity", "ece", "brier")


def applied_model_card(records: CardRecords) -> str:
    """Return the applied model card as Markdown. The same records give the same text."""
    notes = records.sections
    sections = [
        f"# Applied model card: {escaped(records.name)} v{records.version}",
        _basics(records),
        f"## Model summary\n\n{statements.SUMMARY}\n\n{statements.NOT_A_PREDICTION}\n\n"
        "**Keywords:** crisis detection, mental health, text classification, decision support",
        _uses(notes),
        _warnings(records),
        _facts(records),
        _metrics(records),
        f"## Resources\n\n**Evaluation references:** this card's own records, named by the hashes below.\n\n"
        f"**Peer-reviewed publications:** none known to this hub.\n\n"
        f"**Patient consent or disclosure required or suggested:** people who write must be told that a model reads "
        f"along and that a person decides.\n\n{identity_table(records)}",
        "## Bibliography\n\nNone.",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _basics(records: CardRecords) -> str:
    stage = "made out of another version" if records.derived_from else "trained on a release"
    rows = [
        ("Model name", escaped(records.name)),
        ("Model developer", escaped(records.developer) or UNKNOWN),
        ("Developer contact", UNKNOWN),
        ("Release stage", stage),
        ("Release date", records.registered_on or UNKNOWN),
        ("Release version", records.version),
        ("Global availability", "inside this hub only"),
        ("Regulatory approval", "none; it is not a medical device"),
    ]
    return f"## Basic and release information\n\n{table(('field', 'value'), rows)}"


def _uses(notes: Mapping[str, str]) -> str:
    extra = f"\n\n{prose(notes['intended_use'])}" if notes.get("intended_use") else ""
    return f"""## Uses and directions

**Intended use and workflow:** {statements.DIRECT_USE}{extra}

**Primary intended users:** {statements.USERS}

**How to use:** {statements.RECOMMENDATIONS}

**Targeted patient population:** {statements.POPULATION}

**Cautioned out-of-scope settings and use cases:** {statements.OUT_OF_SCOPE}"""


def _warnings(records: CardRecords) -> str:
    notes = records.sections
    limits = "\n\n".join(part for part in (statements.limits(records), _written(notes, "limits", "caveats")) if part)
    ethics = "\n\n".join(part for part in (statements.ETHICS, _written(notes, "ethics")) if part)
    return f"""## Warnings

### Known risks and limitations

{limits}

### Known biases or ethical considerations

{ethics}

### Clinical risk level

High: a missed crisis can cost a life. Never the only safeguard; a trained person decides."""


def _facts(records: CardRecords) -> str:
    return f"""## Trust ingredients

### AI system facts

**Outcomes and outputs:** a score from 0 to 1, a crisis type or none, a severity from 1 to 5.

**Model type:**

{statements.architecture(records)}

**Foundation models used:** {escaped(records.bundle["encoder"]["name"])}.

**Input data source:** conversations of the calling service.

**Output and input data types:** text in; numbers and a category out.

**Development data characterization:**

{data_summary(records)}

**Bias mitigation approaches:** edge cases are never filtered out of training data; figures by group are below.

**Ongoing maintenance:** drift and rates are watched in use; a retrained model is a version of its own and signed anew.

**Security:** weights are safetensors and ONNX, checked by hash before they are served; scores are logged without text.

### Transparency information

**Funding source of the technical implementation:** {UNKNOWN}

**Third-party information:** {UNKNOWN}

**Stakeholders consulted:** annotators, experts of the review campaign and the clinical lead who signs."""


def _metrics(records: CardRecords) -> str:
    evaluation = records.evaluation
    if evaluation is None:
        return "## Key metrics\n\nNot evaluated on the held-out test split yet."
    tests = (
        "**Test type:** held-out test split, opened once for this version "
        f"(opening number {records.test_set_uses}).\n\n"
        f"**Testing data description:** {evaluation['n']} conversations of release "
        f"{escaped(records.bundle['lineage']['release'])}, {evaluation['positives']} with a crisis.\n\n"
        "**Validation process and justification:** threshold and temperature were frozen on the validation split; "
        "a verdict is taken on the one-sided 95% bound."
    )
    groups = slices_table(evaluation, only=GROUPS)
    files = files_table(records)
    fairness = groups or "The test split does not say who speaks; nothing can be said about groups. This is no pass."
    parts = [
        "## Key metrics",
        "### Usefulness, usability, and efficacy",
        _goal(evaluation, _USEFULNESS),
        metrics_table(_only(evaluation, _USEFULNESS)),
        types_table(evaluation) if evaluation["per_type"] else "",
        f"**Results on other files:**\n\n{files}" if files else "",
        tests,
        "### Fairness and equity",
        "**Goal of metric(s):** the same sensitivity and specificity for every group, within what can be measured.",
        fairness,
        tests,
        "### Safety and reliability",
        _goal(evaluation, _SAFETY),
        metrics_table(_only(evaluation, _SAFETY)),
        prevalence_table(evaluation),
        f"**Interpretation:** {prevalence_sentence(evaluation)}" if prevalence_sentence(evaluation) else "",
        against_production(evaluation),
        pictures(records),
        tests,
    ]
    return "\n\n".join(part for part in parts if part)


def _goal(evaluation: Mapping[str, Any], names: tuple[str, ...]) -> str:
    goals = [
        f"{METRIC_NAMES[name]} {target(metric)} ({verdict(metric)})"
        for name, metric in evaluation["metrics"].items()
        if name in names and metric["target"] is not None
    ]
    return f"**Goal of metric(s):** {'; '.join(goals) or 'none was set'}."


def _only(evaluation: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {"metrics": {name: metric for name, metric in evaluation["metrics"].items() if name in names}}


def _written(notes: Mapping[str, str], *names: str) -> str:
    return "\n\n".join(prose(notes[name]) for name in names if notes.get(name))
