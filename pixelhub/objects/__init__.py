"""Objects (files by key) over a local folder or any S3-compatible store, behind one small interface."""

from pixelhub.objects.base import ObjectChanged, ObjectNotFound, ObjectStat, ObjectStore, ObjectStoreError
from pixelhub.objects.factory import get_store, open_store

__all__ = [
    "ObjectChanged",
    "ObjectNotFound",
    "ObjectStat",
    "ObjectStore",
    "ObjectStoreError",
    "get_store",
    "open_store",
]
