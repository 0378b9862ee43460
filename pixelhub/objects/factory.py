"""Which store an address means."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from django.conf import settings

from pixelhub.addresses import AddressRefused, check_address, check_bucket
from pixelhub.objects.base import ObjectStore
from pixelhub.objects.guard import guard_client
from pixelhub.objects.local import LocalStore
from pixelhub.objects.retries import Retries
from pixelhub.objects.s3 import S3Store

_CONNECTIONS = 32
# What of the hub's own store belongs to every project; the rest (imports, releases, snapshots) to one each.
_SHARED = ("gdrive/", "voice/", "lightning/", "final_dataset/")


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


def open_user_store(url: str, *, endpoint: str = "", anywhere: bool = False) -> ObjectStore:
    """The store at an s3:// address that a user gave, at the operator's endpoint or a public one of the user's.

    With the operator's keys that is a place of `user_places`; `anywhere` is for the operator's own commands.
    Raises AddressRefused, before anything is asked, for any other place, a folder of this machine, an endpoint that is
    not public, and those parts of the hub's own store that belong to projects.
    """
    parts = check_bucket(url)
    own = not endpoint or endpoint.rstrip("/") == settings.OBJECT_STORE_ENDPOINT.rstrip("/")
    if own and anywhere:
        return open_store(url)
    if own:
        _refuse_other_places(parts.netloc, parts.path.strip("/"))
    _refuse_projects_parts(parts.netloc, parts.path.strip("/"))
    if own:
        return open_store(url)
    check_address(endpoint)
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=settings.OBJECT_STORE_REGION,
        # The operator's keys are not for a stranger's server: what a user names must be open to everybody.
        config=client_config(addressed_by_path=True, timeout=settings.OBJECT_STORE_TIMEOUT).merge(
            Config(signature_version=UNSIGNED, proxies={})
        ),
    )
    retries = Retries(attempts=settings.OBJECT_STORE_ATTEMPTS)
    return S3Store(guard_client(client), parts.netloc, parts.path, retries=retries)


def user_places() -> list[str]:
    """Where users may read with the operator's keys, each s3://bucket/prefix/.

    IMPORT_STORES; without it what of the hub's own store belongs to every project.
    """
    if settings.IMPORT_STORES:
        return [f"{place.strip().rstrip('/')}/" for place in settings.IMPORT_STORES if is_place(place)]
    own = settings.OBJECT_STORE_URL.rstrip("/")
    return [f"{own}/{part}" for part in _SHARED] if is_place(own) else []


def is_place(address: str) -> bool:
    """Whether an address is one that IMPORT_STORES may hold."""
    try:
        check_bucket(address.strip())
    except AddressRefused:
        return False
    return True


def _refuse_other_places(bucket: str, prefix: str) -> None:
    places = user_places()
    for place in places:
        parts = urlsplit(place)
        root = parts.path.strip("/")
        if parts.netloc == bucket and (not root or f"{prefix}/".startswith(f"{root}/")):
            return
    if not places:
        raise AddressRefused("Addresses in the hub's own object storage are switched off here (IMPORT_STORES).")
    raise AddressRefused(f"An import can read what lies below {', '.join(places)} and nothing else.")


def _refuse_projects_parts(bucket: str, prefix: str) -> None:
    own = urlsplit(settings.OBJECT_STORE_URL)
    if own.scheme != "s3" or own.netloc != bucket:
        return
    root = own.path.strip("/")
    within = f"{prefix}/".removeprefix(f"{root}/") if root else f"{prefix}/"
    if not root or f"{prefix}/".startswith(f"{root}/"):
        fine = within.startswith(_SHARED)
    else:
        fine = not f"{root}/".startswith(f"{prefix}/" if prefix else "")
    if not fine:
        raise AddressRefused(f"Of the hub's own store only {', '.join(_SHARED)} can be named here.")


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
