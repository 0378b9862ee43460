"""Who can say what crisis type a conversation is: the rules always, a project's own model where it has one.

Models live on a floor above, which says here how one is opened (`register_label_reader`, when its app is ready).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datasets_app.corpus.augmentation.check import Classifier
    from pixelhub.accounts.models import Project


class LabelReader(NamedTuple):
    """A model that reads conversations; `name` is what reports call it."""

    name: str
    crisis_type: Classifier


#: Opens the reader of a project; None where it has no model. Raises LabelReaderBroken for one that can't be opened.
Opener = Callable[["Project"], LabelReader | None]


class LabelReaderBroken(RuntimeError):
    """The project's model can't be opened; the message is for people and holds no path."""


_openers: list[Opener] = []


def register_label_reader(opener: Opener) -> None:
    """Let a floor above offer its models; registering the same once more changes nothing."""
    if opener not in _openers:
        _openers.append(opener)


def label_reader_of(project: Project) -> LabelReader | None:
    """Open the model of a project, None where it has none. Raises LabelReaderBroken."""
    return next((found for opener in _openers if (found := opener(project)) is not None), None)
