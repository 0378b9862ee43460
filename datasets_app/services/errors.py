"""Refusals with a message for the person who asked; none of them holds conversation text."""

from __future__ import annotations


class DatasetError(ValueError):
    """An act on datasets was refused."""


class ImportRefused(DatasetError):
    """A file cannot be imported."""


class RequestKeyReused(ImportRefused):
    """A program's key for one request came with another one."""


class SnapshotRefused(DatasetError):
    """Labels cannot be published as a snapshot."""


class ReleaseRefused(DatasetError):
    """A release cannot be made."""


class LadderRefused(DatasetError):
    """A stage ladder cannot be built."""


class DuplicatesRefused(DatasetError):
    """A search for duplicates, or what should become of a pair, is refused."""


class StorageRefused(DatasetError):
    """Work on the object store (a sync, a snapshot) cannot begin."""


class EnrichmentRefused(DatasetError):
    """A release cannot be scored."""


class SynthesisRefused(DatasetError):
    """A generation cannot begin, or a decision on one of its rows is refused."""


class AugmentationRefused(DatasetError):
    """Children cannot be made, or one cannot be decided so."""
