"""What the labelling page is rendered from: the keys, the choices, the guideline, whom to call."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from annotation.guideline_text import render
from annotation.models import Round
from annotation.selectors import labelled_today
from annotation.services import policy_of
from datasets_app.corpus.taxonomy import (
    CRISIS_TYPE_LABELS,
    CRISIS_TYPES,
    EDGE_CASE_KINDS,
    EDGE_CASE_LABELS,
    NONE_TYPE,
    SEVERITIES,
    SEVERITY_LABELS,
)
from pixelhub.accounts.models import User

SEVERITY_KEYS = "qwert"
CONFIDENCES = (("a", "Low", "0.4"), ("s", "Medium", "0.7"), ("d", "High", "0.95"))
SKIP_REASONS = (
    ("", "No reason needed"),
    ("too_hard", "I'd rather not read this one"),
    ("unclear", "I can't make sense of it"),
    ("language", "A language I don't read well"),
)
KEYS = (
    ("1 – 7", "crisis type (7 = no crisis)"),
    ("Shift + 1 – 6", "a type that is present as well"),
    ("q w e r t", "severity 1 – 5"),
    ("a s d", "confidence low, medium, high; up and down arrows fine-tune"),
    ("Enter, Ctrl+Enter", "submit and go on"),
    ("f, then 1 – 4", "edge case and its kind; f again takes it back"),
    ("u", "uncertain"),
    ("o", "about someone else"),
    ("n", "write a note"),
    ("x", "highlight the selected text, or take its highlight away"),
    ("v", "choose evidence by keys: arrows, Shift or Ctrl + arrows for its ends, Enter, Esc"),
    ("j, k", "next turn that was not on screen yet, turn before"),
    ("Home, End", "first turn, last turn"),
    ("Space", "skip, no judgement"),
    ("g", "flag for the clinical lead, or personal data"),
    ("y", "this was hard: tell your lead, without the conversation"),
    ("h", "guideline, at the chosen type; / searches in it"),
    ("p", "progress"),
    ("b", "blur or unblur the text"),
    ("Left, Right", "look through your last ten; each can be changed"),
    ("Ctrl+Z", "undo the last decision"),
    ("Esc", "leave a text box, close a panel"),
    ("?", "all keys"),
)


def instrument_context(user: User, round: Round) -> dict[str, Any]:
    """Template context of the labelling page; it holds nothing of anybody's labels."""
    return {
        "round": round,
        "types": [
            {"key": str(key), "code": code, "label": CRISIS_TYPE_LABELS[code], "may_be_secondary": code != NONE_TYPE}
            for key, code in enumerate(CRISIS_TYPES, start=1)
        ],
        "severities": [
            {"key": key, "level": level, "label": SEVERITY_LABELS[level]}
            for key, level in zip(SEVERITY_KEYS, SEVERITIES, strict=True)
        ],
        "confidences": [{"key": key, "label": label, "value": value} for key, label, value in CONFIDENCES],
        "edge_kinds": [
            {"key": str(key), "code": code, "label": EDGE_CASE_LABELS[code]}
            for key, code in enumerate(EDGE_CASE_KINDS, start=1)
        ],
        "skip_reasons": [
            {"key": str(key), "code": code, "label": label} for key, (code, label) in enumerate(SKIP_REASONS, start=1)
        ],
        "keys": KEYS,
        "guideline_html": render(round.guideline.markdown),
        "spans_required": policy_of(round.project).spans_required,
        "today": labelled_today(round, user),
        "owner": f"{user.pk}:{round.pk}",
        "api_root": reverse("annotation:api_claim", args=[round.pk]).removesuffix("claim/"),
    }
