"""Reasons why an act on a run or a version is refused; every message may be shown."""

from __future__ import annotations

from training_app.models import ModelVersion


class RunRefused(Exception):
    """The run cannot start as asked."""


class TransitionRefused(Exception):
    """The version is not in a state from which it may come to the wanted one."""


class SectionRefused(Exception):
    """The section of a card cannot be written as asked."""


class BundleRegistered(Exception):
    """These exact bytes are a version of the project already: a training that reproduced it."""

    def __init__(self, version: ModelVersion) -> None:
        super().__init__(f"these bytes are registered as version {version.version} already")
        self.version = version
