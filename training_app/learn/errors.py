"""Reasons for which a training or an evaluation is refused; every message may be shown to a user."""

from __future__ import annotations


class LearnError(Exception):
    """Base of all refusals of this package; carries no conversation text."""


class ConfigInvalid(LearnError):
    """The configuration is not valid; the message names the field."""


class ReleaseRefused(LearnError):
    """The release does not verify, or holds rows that cannot be trained on."""


class TestSplitForbidden(LearnError):
    """Something other than an evaluation of a frozen bundle asked for the test split."""

    __test__ = False


class FileRefused(LearnError):
    """A file to score or to evaluate on cannot be read, or its labels cannot be understood."""


class EncoderRefused(LearnError):
    """The encoder's files are missing or are not the pinned ones."""


class BundleRefused(LearnError):
    """The bundle is incomplete, changed, or does not fit the release."""


class CheckpointMismatch(LearnError):
    """The folder holds checkpoints of another run."""


class ParityFailed(LearnError):
    """The exported graph does not answer like the trained model."""


class ResourcesExhausted(LearnError):
    """The disk or the memory of the machine does not suffice; the message says what would help."""


class Diverged(LearnError):
    """The loss is no longer a number."""


class StudentRefused(LearnError):
    """The student stays behind its teacher by more than the stated margins."""


class Stopped(LearnError):
    """A termination signal arrived; everything up to the last epoch is on disk."""
