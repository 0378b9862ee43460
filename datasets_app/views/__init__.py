"""Pages of the datasets app."""

from .imports import import_create, import_detail, import_quarantine, import_report, imports
from .records import record_detail, record_list
from .releases import release_create, release_detail, release_file, release_status, releases
from .snapshots import snapshot_detail, snapshot_download, snapshots

__all__ = [
    "import_create",
    "import_detail",
    "import_quarantine",
    "import_report",
    "imports",
    "record_detail",
    "record_list",
    "release_create",
    "release_detail",
    "release_file",
    "release_status",
    "releases",
    "snapshot_detail",
    "snapshot_download",
    "snapshots",
]
