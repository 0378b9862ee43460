"""Which store an address means."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config
from django.conf import settings

from pixelhub.objects.base import ObjectStore
from pixelhub.objects.local import LocalStore
from pixelhub.objects.retries import Retries
from pixelhub.objects.s3 import S3Store

_CONNECTIONS = 32


def open_store(url: str) -> ObjectStore:
    """The store at `file:///folder` or `s3://bucket/prefix`. Raises ValueError for any other address."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path.startswith("/") and not parts.netloc:
        return LocalStore(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        client = _client(
            settings.OBJECT_STORE_ENDPOINT, settings.OBJECT_STORE_REGION, settings.OBJECT_STORE_TIMEOUT, _who()
        )
        retries = Retries(attempts=settings.OBJECT_STORE_ATTEMPTS)
        return S3Store(client, parts.netloc, parts.path, retries=retries)
    raise ValueError("an object store is file:///absolute/folder or s3://bucket/prefix")


def get_store() -> ObjectStore:
    """The hub's own store (OBJECT_STORE_URL)."""
    return open_store(settings.OBJECT_STORE_URL)


def client_config(*, addressed_by_path: bool, timeout: float) -> Config:
    """How every S3 client here behaves: our retries instead of botocore's, checksums by Content-MD5.

    botocore's own default checksums travel in a trailer that many S3-compatible servers do not know.
    """
    return Config(
        retries={"total_max_attempts": 1, "mode": "standard"},
        connect_timeout=min(10.0, timeout),
        read_timeout=timeout,
        max_pool_connections=_CONNECTIONS,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path"} if addressed_by_path else {},
    )


def _who() -> tuple[Any, ...]:
    """What a kept client depends on: its keys, and its process (connections must not cross a fork)."""
    return (os.getpid(), *(os.environ.get(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))


@lru_cache(maxsize=8)
def _client(endpoint: str, region: str, timeout: float, who: tuple[Any, ...]) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region,
        config=client_config(addressed_by_path=bool(endpoint), timeout=timeout),
    )
