"""Whether a child still bears its parent's label: the crisis wording, the screening rules, a classifier, a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from datasets_app.corpus.screening import Assessment, assess

from .keywords import crisis_words
from .parents import Messages, Parent

#: Says the crisis type of a conversation. The hub gives the project's own model; without it the rules are the first
#: reader, and who they cannot follow goes to a person.
Classifier = Callable[[Sequence[Mapping[str, str]]], str]
BY_RULES, BY_CLASSIFIER, BY_PERSON = "rules", "classifier", "person"


class Verdict(NamedTuple):
    """What became of the check. `reason` is "" for a child whose label holds; `by` says who has to vouch for it."""

    reason: str
    by: str = ""


class Judge:
    """Reads children beside their parents."""

    def __init__(self, classifier: Classifier | None = None) -> None:
        self._classifier = classifier
        #: How a model answered, child by child: "agrees", "disagrees", or "parent_unread" where it could say nothing.
        self.readings: Counter[str] = Counter()
        self._last = "", ""

    def judge(self, parent: Parent, found: Assessment, messages: Messages, label: tuple[str, int | None]) -> Verdict:
        """Return whether a child with these words and this label may stand; `found` is the parent's assessment.

        With a model: it has to read the child as labelled. Without: the rules have to read both as labelled. Where
        neither of them reads the parent as it is labelled, they can't vouch for the child, and a person has to.
        """
        if label != (parent.crisis_type, parent.severity):
            return Verdict("label_changed")
        before, after = crisis_words(parent.messages), crisis_words(messages)
        if before - after:
            return Verdict("crisis_word_lost")
        if after - before:
            return Verdict("crisis_word_added")
        read = assess(messages)
        if _signals(read) != _signals(found):
            return Verdict("signals_changed")
        if _reading(read) != _reading(found):
            return Verdict("reading_changed")
        return self._vouched(parent, found, messages)

    def judge_edge_case(self, parent: Parent, messages: Messages, label: tuple[str, int | None]) -> Verdict:
        """Check what a frame may not do: take words of the crisis away, or change the label. A clinician does the rest.

        Signs may be read otherwise by the rules: to be hard to read is what an edge case is for.
        """
        if label != (parent.crisis_type, parent.severity):
            return Verdict("label_changed")
        if crisis_words(parent.messages) - crisis_words(messages):
            return Verdict("crisis_word_lost")
        return Verdict("", BY_PERSON)

    def _vouched(self, parent: Parent, found: Assessment, messages: Messages) -> Verdict:
        if self._classifier is None:
            return Verdict("", BY_RULES if found.crisis_type == parent.crisis_type else BY_PERSON)
        if self._parent_read(parent) != parent.crisis_type:
            self.readings["parent_unread"] += 1
            return Verdict("", BY_PERSON)
        agrees = self._classifier(messages) == parent.crisis_type
        self.readings["agrees" if agrees else "disagrees"] += 1
        return Verdict("", BY_CLASSIFIER) if agrees else Verdict("classifier_disagrees")

    def _parent_read(self, parent: Parent) -> str:
        """What the model says of a parent; asked once for all children of one original, which come in a row."""
        assert self._classifier is not None
        if self._last[0] != parent.content_hash:
            self._last = parent.content_hash, self._classifier(parent.messages)
        return self._last[1]


def _signals(found: Assessment) -> Counter[tuple[str, int, str]]:
    return Counter((each.rule, each.severity, each.status) for each in (*found.signals, *found.discounted))


def _reading(found: Assessment) -> tuple[object, ...]:
    return (
        found.crisis_type,
        found.severity,
        found.secondary_types,
        found.timeline,
        found.risk_level,
        frozenset(found.protective_factors),
        found.about_someone_else,
        found.medical,
        found.bereavement,
    )
