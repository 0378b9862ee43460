"""Objects (files by key) over a local folder or any S3-compatible store, behind one small interface."""

from pixelhub.addresses import AddressRefused, check_address
from pixelhub.objects.base import ObjectChanged, ObjectNotFound, ObjectStat, ObjectStore, ObjectStoreError
from pixelhub.objects.factory import get_store, is_place, open_store, open_user_store, user_places

__all__ = [
    "AddressRefused",
    "ObjectChanged",
    "ObjectNotFound",
    "ObjectStat",
    "ObjectStore",
    "ObjectStoreError",
    "check_address",
    "get_store",
    "is_place",
    "open_store",
    "open_user_store",
    "user_places",
]
