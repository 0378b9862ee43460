"""Which store an address means."""

from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from pixelhub.objects.base import ObjectStore
from pixelhub.objects.local import LocalStore
from pixelhub.objects.s3 import S3Store


def open_store(url: str) -> ObjectStore:
    """The store at `file:///folder` or `s3://bucket/prefix`. Raises ValueError for any other address."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return LocalStore(Path(parts.path))
    if parts.scheme == "s3" and parts.netloc:
        return S3Store(
            parts.netloc,
            parts.path,
            endpoint_url=settings.OBJECT_STORE_ENDPOINT,
            region=settings.OBJECT_STORE_REGION,
        )
    raise ValueError("an object store is file:///absolute/folder or s3://bucket/prefix")


def get_store() -> ObjectStore:
    """The hub's own store (OBJECT_STORE_URL)."""
    return open_store(settings.OBJECT_STORE_URL)
