"""The accounting of a labelling benchmark: what was acknowledged against what is stored afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Label:
    """One label: whose, of which sample, and its identity (the client's UUID, or the id that the tool answered)."""

    item: str
    person: str
    key: str


@dataclass(frozen=True)
class Account:
    """Faults, in labels or samples; all of them should be 0."""

    acknowledged: int
    stored: int
    lost: int  # acknowledged, and not stored
    unasked: int  # stored, and neither acknowledged nor left without an answer
    doubled: int  # more than one label of one person on one sample, or one identity stored twice
    over_overlap: int  # samples with more labels than asked for

    @property
    def clean(self) -> bool:
        return not (self.lost or self.unasked or self.doubled or self.over_overlap)


def account(
    acknowledged: Iterable[Label], stored: Iterable[Label], *, overlap: int, unanswered: Iterable[str] = ()
) -> Account:
    """Compare. `unanswered` are identities of labels whose answer never came: they may be stored or not."""
    said, there = list(acknowledged), list(stored)
    known = {label.key for label in said} | set(unanswered)
    per_person = Counter((label.item, label.person) for label in there)
    per_key = Counter(label.key for label in there)
    per_item = Counter(label.item for label in there)
    return Account(
        acknowledged=len(said),
        stored=len(there),
        # A client may know a sample by another name than the database does.
        lost=len({(label.person, label.key) for label in said} - {(label.person, label.key) for label in there}),
        unasked=sum(label.key not in known for label in there),
        doubled=sum(n - 1 for n in per_person.values()) + sum(n - 1 for n in per_key.values()),
        over_overlap=sum(n > overlap for n in per_item.values()),
    )
