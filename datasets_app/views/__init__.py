"""Pages of the datasets app."""

from .imports import import_create, import_detail, import_quarantine, imports
from .records import record_detail, record_list
from .snapshots import snapshot_detail, snapshot_download, snapshots

__all__ = [
    "import_create",
    "import_detail",
    "import_quarantine",
    "imports",
    "record_detail",
    "record_list",
    "snapshot_detail",
    "snapshot_download",
    "snapshots",
]
