"""The names of what is asked for, apart from what makes it: forms and tables read them, and screening loads slowly."""

from __future__ import annotations

from typing import Final

EDGE_CASES: Final = "edge_case"
#: Strategy -> as people read it; edge cases are spread over the four kinds.
STRATEGY_NAMES: Final[dict[str, str]] = {
    "paraphrase": "Paraphrase",
    EDGE_CASES: "Edge-case variation",
    "context_expansion": "Context expansion",
    "crisis_scenarios": "Crisis scenario",
    "dialogue_variation": "Dialogue variation",
    "demographic_injection": "Demographic injection",
}
#: How a model answered, in words.
READINGS: Final[dict[str, str]] = {
    "agrees": "the model reads the child as labelled",
    "disagrees": "the model reads its parent as labelled, and not the child: refused",
    "parent_unread": "the model doesn't read the parent as labelled, so a person decides",
}
#: Why a child was refused, or came to nothing, in words.
REASONS: Final[dict[str, str]] = {
    "label_changed": "its label is not its parent's",
    "crisis_word_lost": "a word of the crisis is gone",
    "crisis_word_added": "a word of a crisis came in",
    "signals_changed": "the rules see other signals than in its parent",
    "reading_changed": "the rules read another type, severity, timeline, or other circumstances",
    "classifier_disagrees": "the model reads its parent as labelled, and not the child",
    "near_copy": "too like an original or another child",
    "nothing_to_change": "nothing could be changed",
    "no_answer": "the language model gave no usable answer",
}
