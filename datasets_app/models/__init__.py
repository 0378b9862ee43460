"""Tables of the ground floor: imports, records, identifiers, duplicates, label snapshots, releases, inventory."""

from .base import ImmutableModel, ImmutableQuerySet, ImmutableRow
from .duplicates import DuplicatePair, DuplicateSearch
from .imports import ImportBatch, QuarantinedRow
from .inventory import InventoryEntry, StoreWork
from .pii import PiiFinding, PiiLease
from .records import Record
from .releases import Release
from .snapshots import LabelSnapshot, SnapshotLabel

__all__ = [
    "DuplicatePair",
    "DuplicateSearch",
    "ImmutableModel",
    "ImmutableQuerySet",
    "ImmutableRow",
    "ImportBatch",
    "InventoryEntry",
    "LabelSnapshot",
    "PiiFinding",
    "PiiLease",
    "QuarantinedRow",
    "Record",
    "Release",
    "SnapshotLabel",
    "StoreWork",
]
