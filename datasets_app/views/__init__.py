"""Pages of the datasets app."""

from .imports import import_create, import_detail, import_quarantine, imports
from .records import record_detail, record_list
from .releases import release_create, release_detail, release_file, releases
from .snapshots import snapshot_detail, snapshot_download, snapshots

__all__ = [
    "import_create",
    "import_detail",
    "import_quarantine",
    "imports",
    "record_detail",
    "record_list",
    "release_create",
    "release_detail",
    "release_file",
    "releases",
    "snapshot_detail",
    "snapshot_download",
    "snapshots",
]
