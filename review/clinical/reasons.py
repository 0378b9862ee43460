"""Why a decision on a conversation was wrong: what a reader chooses from."""

from __future__ import annotations

from typing import Final

from review.models import ErrorKind

#: Kind of error -> reason -> what it says on the page.
REASONS: Final[dict[str, dict[str, str]]] = {
    ErrorKind.MISS: {
        "plain": "Plain to see: it should have been caught",
        "indirect": "Said indirectly or in code",
        "context": "Only the whole course of the conversation shows it",
        "edge_case": "Sarcasm, metaphor or another edge case",
        "language": "A language, dialect or culture that it does not read well",
        "borderline": "Borderline: reasonable people differ",
        "label": "The label is wrong: this is no crisis",
    },
    ErrorKind.OVER_ESCALATION: {
        "plain": "Plain to see: nothing here calls for escalation",
        "idiom": "A figure of speech taken literally",
        "past": "Past and overcome, or about somebody else",
        "edge_case": "Sarcasm, metaphor or another edge case",
        "language": "A language, dialect or culture that it does not read well",
        "borderline": "Borderline: better once too often",
        "label": "The label is wrong: this is a crisis",
    },
}


def reason_label(error: str, reason: str) -> str:
    """What a reason says, for people."""
    return REASONS[error].get(reason, reason)
