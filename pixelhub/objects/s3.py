"""Objects in any S3-compatible store, through boto3."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pixelhub.objects.base import (
    CHUNK,
    ObjectNotFound,
    ObjectStat,
    ObjectStore,
    ObjectStoreError,
    as_stream,
    check_key,
)

_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Store(ObjectStore):
    """Keys below `prefix` of one bucket. Retries with backoff; multipart above boto3's threshold."""

    def __init__(self, bucket: str, prefix: str, *, endpoint_url: str | None, region: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint_url or None,
            region_name=region,
            config=Config(
                retries={"max_attempts": 5, "mode": "standard"},
                connect_timeout=10,
                read_timeout=60,
                s3={"addressing_style": "path"} if endpoint_url else {},
            ),
        )

    def put(self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False) -> ObjectStat:
        full = self._full(key)
        if if_absent and self.exists(key):
            raise FileExistsError(key)
        with as_stream(data) as source:
            measured = _MeasuredStream(source)
            try:
                self._client.upload_fileobj(measured, self.bucket, full)
            except (BotoCoreError, ClientError) as error:
                raise ObjectStoreError(f"could not store {key}: {_reason(error)}") from None
        return ObjectStat(key, measured.size, measured.digest.hexdigest())

    def open(self, key: str) -> BinaryIO:
        answer = self._call(key, self._client.get_object)
        return cast(BinaryIO, answer["Body"])

    def stat(self, key: str) -> ObjectStat:
        answer = self._call(key, self._client.head_object)
        return ObjectStat(key, answer["ContentLength"])

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.prefix}{prefix}"
        )
        try:
            for page in pages:
                for item in page.get("Contents", []):
                    yield ObjectStat(item["Key"][len(self.prefix) :], item["Size"])
        except (BotoCoreError, ClientError) as error:
            raise ObjectStoreError(f"could not list {prefix}: {_reason(error)}") from None

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=self.bucket, Key=self._full(key))

    def _full(self, key: str) -> str:
        return f"{self.prefix}{check_key(key)}"

    def _call(self, key: str, method: Any) -> dict[str, Any]:
        try:
            return cast(dict[str, Any], method(Bucket=self.bucket, Key=self._full(key)))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise ObjectNotFound(key) from None
            raise ObjectStoreError(f"could not read {key}: {_reason(error)}") from None
        except BotoCoreError as error:
            raise ObjectStoreError(f"could not read {key}: {_reason(error)}") from None


class _MeasuredStream:
    """Hashes and counts what passes through on its way up (not seekable, so boto3 reads it once)."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = CHUNK) -> bytes:
        chunk = self._source.read(size)
        self.digest.update(chunk)
        self.size += len(chunk)
        return chunk


def _reason(error: Exception) -> str:
    """The error's kind only: a response body may quote an internal address."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "refused"))
    return type(error).__name__
