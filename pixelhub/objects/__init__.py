"""Objects (files by key) over a local folder or any S3-compatible store, behind one small interface."""

from pixelhub.objects.base import ObjectNotFound, ObjectStat, ObjectStore
from pixelhub.objects.factory import get_store, open_store

__all__ = ["ObjectNotFound", "ObjectStat", "ObjectStore", "get_store", "open_store"]
