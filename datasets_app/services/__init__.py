"""Every write of the datasets app: imports, label snapshots, releases."""

from .errors import DatasetError, ImportRefused, ReleaseRefused, RequestKeyReused, SnapshotRefused
from .held_out import conversations_reserve, record_hold_out
from .import_options import ImportOptions, rules_chosen, rules_in_words
from .import_requests import imports_once
from .imports import import_start, imports_from_store, imports_start
from .ingest import ImportPreview, records_import, records_preview
from .publication import release_export, release_export_start, release_register
from .releases import ReleaseChoices, release_compile, release_create, release_fail
from .snapshots import SnapshotLabelInput, snapshot_publish
from .storage import StoreReader, release_verify
from .weak_labels import snapshot_publish_generated, snapshot_publish_weak

__all__ = [
    "DatasetError",
    "ImportOptions",
    "ImportPreview",
    "ImportRefused",
    "ReleaseChoices",
    "ReleaseRefused",
    "RequestKeyReused",
    "SnapshotLabelInput",
    "SnapshotRefused",
    "StoreReader",
    "conversations_reserve",
    "import_start",
    "imports_from_store",
    "imports_once",
    "imports_start",
    "record_hold_out",
    "records_import",
    "records_preview",
    "release_compile",
    "release_create",
    "release_export",
    "release_export_start",
    "release_fail",
    "release_register",
    "release_verify",
    "rules_chosen",
    "rules_in_words",
    "snapshot_publish",
    "snapshot_publish_generated",
    "snapshot_publish_weak",
]
