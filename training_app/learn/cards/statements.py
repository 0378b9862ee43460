"""What both formats say in words: purpose, limits, ethics, architecture. Facts come from the records."""

from __future__ import annotations

from typing import Final

from .records import CardRecords
from .text import escaped

SUMMARY: Final = """The model reads the last messages of a chat between a person and an assistant and gives a crisis \
score, one of six crisis types or none, and a severity from 1 to 5."""
NOT_A_PREDICTION: Final = """**The score states response urgency. It is not a prediction of suicide.** The model \
supports the decision of a trained person; it is decision support, not a medical device, and it replaces no clinical \
assessment."""
DIRECT_USE: Final = """Routing conversations of a supervised service to trained responders, in the order of their \
urgency, beside a rule-based detector that can raise an alert and never lower one."""
USERS: Final = "Clinical-AI teams with trained responders on duty."
POPULATION: Final = "People who write to a supervised support service in English."
OUT_OF_SCOPE: Final = """Diagnosis; use without a human who can respond; use to restrict, discipline, insure, hire or \
report a person; languages other than English; images and voice."""
ETHICS: Final = """A missed crisis can cost a life; a false alarm costs trust and may bring unwanted intervention. \
Every alert goes to a trained person before anything happens to the writer. Conversations with suicidality, psychosis, \
trauma and abuse stay in the training data on purpose. No model serves production traffic without a clinical lead's \
signature on exactly these bytes; the signer is not the trainer. Scores are logged without text."""
RECOMMENDATIONS: Final = """Read every missed crisis before signing. Evaluate again on conversations of your own \
service before use, and watch the rates in use. "Insufficient data" is no pass: ask for more of it."""


def limits(records: CardRecords) -> str:
    """Known limits as a list."""
    lines = [
        "English only; other languages, code words and images are not understood.",
        f"Only the last {records.bundle['max_length']} tokens are read; what was said long before can be missed.",
        "Irony, metaphor and quotation are hard.",
        "Figures hold for conversations like those of the test split. A new population needs a new evaluation.",
    ]
    evaluation = records.evaluation
    if evaluation is not None:
        missed = evaluation.get("missed_count", len(evaluation["missed"]))
        lines.append(f"Crises missed on the test split: {missed}. Each is listed for the reviewers by its hash.")
        if evaluation.get("synthetic_only"):
            lines.append("The test split is synthetic throughout; results on real posts are those on other files.")
    return "\n".join(f"- {line}" for line in lines)


def architecture(records: CardRecords) -> str:
    """Encoder, heads, input and decision as a list."""
    bundle, model = records.bundle, records.config.get("model", {})
    lines = [
        f"Encoder: {escaped(bundle['encoder']['name'])}; how it was trained: {escaped(model.get('method', 'frozen'))}.",
        f"Heads on a shared hidden layer of {model.get('hidden_size', 'unknown')} units: crisis type (7 classes) and "
        "severity (5 levels, proportional odds).",
        f"Input: the last {bundle['last_messages']} messages, of them the last {bundle['max_length']} tokens.",
        f"Score: 1 - P(none), softmax at temperature {bundle['temperature']}. Crisis: score >= {bundle['threshold']}.",
        "Temperature and threshold were chosen on the validation split and are part of the hashed bundle.",
        "Served as one ONNX graph.",
    ]
    if records.derived_from:
        lines.insert(
            0, f"Made out of version {escaped(records.derived_from)}: {KINDS.get(records.kind, records.kind)}."
        )
    return "\n".join(f"- {line}" for line in lines)


KINDS: Final[dict[str, str]] = {
    "trained": "trained on the release",
    "student": "a student with fewer layers, taught by that version's answers",
    "int8": "the same weights as 8-bit integers",
}
