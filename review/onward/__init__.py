"""Evidence forwards: from an annotation, a label or a record to all that rests on it, down to the count of scores."""

from __future__ import annotations

from review.onward.kinds import (
    onward_of_annotation,
    onward_of_label,
    onward_of_record,
    onward_of_release,
    onward_of_run,
    onward_of_snapshot,
    onward_of_version,
)
from review.onward.reach import Onward

__all__ = [
    "Onward",
    "onward_of_annotation",
    "onward_of_label",
    "onward_of_record",
    "onward_of_release",
    "onward_of_run",
    "onward_of_snapshot",
    "onward_of_version",
]
