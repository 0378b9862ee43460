"""Objects in any S3-compatible store, through boto3."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from botocore.exceptions import ClientError

from pixelhub.objects.base import (
    STALE,
    ObjectChanged,
    ObjectNotFound,
    ObjectStat,
    ObjectStore,
    ObjectStoreError,
    as_stream,
    check_foreign_key,
    check_key,
    check_range,
)
from pixelhub.objects.retries import FAILURES, Retries, code_of, reason, status_of
from pixelhub.objects.stream import S3Stream
from pixelhub.objects.upload import PART_BYTES, Upload

_MISSING = {"404", "NoSuchKey", "NotFound"}
_PRECONDITION = 412
_NO_SUCH_RANGE = 416
# What a server copies in one request; larger objects are streamed.
_LARGEST_COPY = 5 << 30


class S3Store(ObjectStore):
    """Keys below `prefix` of one bucket, through a boto3 client that does not retry by itself."""

    def __init__(
        self, client: Any, bucket: str, prefix: str, *, retries: Retries | None = None, part_bytes: int = PART_BYTES
    ) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = client
        self._retries = retries or Retries()
        self._part_bytes = part_bytes

    def put(
        self, key: str, data: bytes | BinaryIO | Path, *, if_absent: bool = False, foreign: bool = False
    ) -> ObjectStat:
        target = self._place(check_foreign_key(key) if foreign else check_key(key))
        if if_absent and self.exists(key):
            raise FileExistsError(key)
        with as_stream(data) as source:
            upload = Upload(self._send, target, source, part_bytes=self._part_bytes, if_absent=if_absent)
            try:
                stored, proven = upload.run(key)
            except FileExistsError:
                raise FileExistsError(key) from None
            except FAILURES as error:
                raise ObjectStoreError(f"could not store {key}: {reason(error)}") from None
        if not proven:
            self._prove_by_reading(stored)
        return stored

    def open_range(self, key: str, start: int = 0, end: int | None = None, *, etag: str | None = None) -> BinaryIO:
        check_foreign_key(key)
        check_range(start, end)
        if start == end:
            self._refuse_other_version(key, etag)
            return io.BytesIO()
        try:
            stream = S3Stream(
                key, lambda *wanted: self._get(key, *wanted), self._retries, start=start, end=end, etag=etag
            )
        except _NoSuchRange:
            return io.BytesIO()
        return cast(BinaryIO, io.BufferedReader(stream, buffer_size=1 << 18))

    def stat(self, key: str) -> ObjectStat:
        check_foreign_key(key)
        try:
            answer = self._send("head_object", **self._place(key))
        except FAILURES as error:
            raise self._named(key, error) from None
        hashed = answer.get("Metadata", {}).get("sha256")
        return ObjectStat(key, answer["ContentLength"], hashed, answer.get("ETag", ""), answer.get("LastModified"))

    def list(self, prefix: str = "") -> Iterator[ObjectStat]:
        asked = {"Bucket": self.bucket, "Prefix": f"{self.prefix}{prefix}"}
        more: dict[str, str] = {}
        while True:
            try:
                page = self._send("list_objects_v2", **asked, **more)
            except FAILURES as error:
                raise ObjectStoreError(f"could not list {prefix}: {reason(error)}") from None
            for item in page.get("Contents", []):
                key = item["Key"][len(self.prefix) :]
                yield ObjectStat(key, item["Size"], None, item.get("ETag", ""), item.get("LastModified"))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, key: str) -> None:
        check_foreign_key(key)
        try:
            self._send("delete_object", **self._place(key))
        except FAILURES as error:
            named = self._named(key, error, "delete")
            if not isinstance(named, ObjectNotFound):
                raise named from None

    def copy(self, source: str, target: str, *, etag: str | None = None) -> ObjectStat:
        found = self.stat(source)
        if etag and found.etag != etag:
            raise ObjectChanged(f"{source} is not the version that was asked for")
        if found.size > _LARGEST_COPY:
            return super().copy(source, target, etag=etag)
        origin = {"Bucket": self.bucket, "Key": f"{self.prefix}{source}"}
        condition = {"CopySourceIfMatch": found.etag} if found.etag else {}
        try:
            self._send("copy_object", **self._place(check_key(target)), CopySource=origin, **condition)
        except FAILURES as error:
            raise self._named(source, error, "copy") from None
        copied = self.stat(target)
        if copied.size != found.size:
            raise ObjectStoreError(f"could not copy {source}: the copy has another size")
        return copied

    def sweep(self, older_than: timedelta = STALE) -> int:
        before = datetime.now(UTC) - older_than
        try:
            stale = [item for item in self._uploads() if item["Initiated"] <= before]
            for item in stale:
                place = {"Bucket": self.bucket, "Key": item["Key"], "UploadId": item["UploadId"]}
                self._send("abort_multipart_upload", **place)
        except FAILURES as error:
            raise ObjectStoreError(f"could not remove old uploads: {reason(error)}") from None
        return len(stale)

    def _uploads(self) -> Iterator[dict[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self._send("list_multipart_uploads", Bucket=self.bucket, Prefix=self.prefix, **more)
            yield from page.get("Uploads", [])
            if not page.get("IsTruncated"):
                return
            more = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

    def _place(self, key: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{self.prefix}{key}"}

    def _send(self, method: str, **arguments: Any) -> dict[str, Any]:
        call = getattr(self._client, method)
        return self._retries.call(lambda: cast(dict[str, Any], call(**arguments)))

    def _get(self, key: str, start: int, end: int | None, etag: str | None) -> dict[str, Any]:
        asked: dict[str, str] = {"IfMatch": etag} if etag else {}
        if start or end is not None:
            asked["Range"] = f"bytes={start}-{'' if end is None else end - 1}"
        try:
            return self._send("get_object", **self._place(key), **asked)
        except FAILURES as error:
            raise self._named(key, error) from None

    def _refuse_other_version(self, key: str, etag: str | None) -> None:
        if etag and self.stat(key).etag != etag:
            raise ObjectChanged(f"{key} is not the version that was asked for")

    def _prove_by_reading(self, stored: ObjectStat) -> None:
        """Some servers' ETags say nothing about the content; then only the bytes themselves do."""
        try:
            arrived = self.sha256(stored.key)
        except ObjectChanged:
            return  # another writer's object stands there by now; ours was whole or it would not have been taken
        if arrived != stored.sha256:
            self.delete(stored.key)
            raise ObjectStoreError(f"{stored.key} arrived damaged")

    def _named(self, key: str, error: Exception, act: str = "read") -> Exception:
        if isinstance(error, ClientError):
            if code_of(error) in _MISSING:
                return ObjectNotFound(key)
            if status_of(error) == _PRECONDITION:
                return ObjectChanged(f"{key} is not the version that was asked for")
            if status_of(error) == _NO_SUCH_RANGE:
                return _NoSuchRange(key)
        return ObjectStoreError(f"could not {act} {key}: {reason(error)}")


class _NoSuchRange(ObjectStoreError):
    """The object ends before the first byte that was asked for."""
