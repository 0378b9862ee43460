"""Tables of the ground floor: imports, records, augmentation, snapshots, releases, scores, inventory."""

from .augmentation import Augmentation, Variation
from .base import ImmutableModel, ImmutableQuerySet, ImmutableRow
from .duplicates import DuplicatePair, DuplicateSearch
from .enrichments import Enrichment, RecordScores
from .held_out import HeldOut
from .imports import ImportBatch, QuarantinedRow
from .inventory import InventoryEntry, StoreWork
from .ladders import StageLadder
from .pii import PiiFinding, PiiLease
from .records import Record
from .releases import Release
from .reserved import ReservedConversation
from .snapshots import LabelSnapshot, SnapshotLabel
from .synthesis import SynthesisBatch, SynthesisRow

__all__ = [
    "Augmentation",
    "DuplicatePair",
    "DuplicateSearch",
    "Enrichment",
    "HeldOut",
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
    "RecordScores",
    "Release",
    "ReservedConversation",
    "SnapshotLabel",
    "StageLadder",
    "StoreWork",
    "SynthesisBatch",
    "SynthesisRow",
    "Variation",
]
