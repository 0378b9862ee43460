"""Sending an object to an S3 store: one request, or parts whose checksums the server compares."""

import base64
import hashlib
import secrets
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from pixelhub.objects.base import CHUNK, ObjectStat, ObjectStoreError, sha256_of
from pixelhub.objects.retries import FAILURES, code_of, status_of

PART_BYTES = 8 << 20
_MOST_PARTS = 9_000
_AT_ONCE = 3

Send = Callable[..., dict[str, Any]]


class Upload:
    """One object on its way. `send(method, **arguments)` calls the client with retries; `target` names the place.

    The server compares Content-MD5 with what it received; we compare its ETag with what we sent.
    """

    def __init__(self, send: Send, target: dict[str, str], source: BinaryIO, *, part_bytes: int, if_absent: bool):
        self._send = send
        self._target = target
        self._source = source
        self._if_absent = if_absent
        # Tells our own object from another writer's when an answer got lost and the request was sent again.
        self._token = secrets.token_hex(8)
        self._known, size = _measured(source)
        self._part_bytes = max(part_bytes, -(-size // _MOST_PARTS))
        self._digest = hashlib.sha256()
        self._size = 0

    def run(self, key: str) -> tuple[ObjectStat, bool]:
        """Send everything; answers what was stored, and whether the ETag proves that the server has these bytes.

        Raises FileExistsError, and botocore's errors when the server keeps refusing; no parts are left behind.
        """
        first = self._take()
        if len(first) < self._part_bytes:
            etag, expected = self._put(first), _md5(first).hexdigest()
        else:
            etag, expected = self._in_parts(first)
        if self._known and self._digest.hexdigest() != self._known:
            raise ObjectStoreError(f"{key} changed while it was sent")
        return ObjectStat(key, self._size, self._digest.hexdigest(), etag), etag.strip('"') == expected

    def _put(self, data: bytes) -> str:
        metadata = {"sha256": self._digest.hexdigest(), "writer": self._token}
        arguments = {**self._target, "Body": data, "ContentMD5": _md5_header(data), "Metadata": metadata}
        return str(self._create("put_object", arguments)["ETag"])

    def _in_parts(self, first: bytes) -> tuple[str, str]:
        metadata = {"writer": self._token} | ({"sha256": self._known} if self._known else {})
        upload = self._send("create_multipart_upload", **self._target, Metadata=metadata)["UploadId"]
        named = {**self._target, "UploadId": upload}
        try:
            parts, digests = self._send_parts(named, first)
            etag = str(self._complete(named, parts)["ETag"])
        except BaseException:
            self._abort(named)
            raise
        return etag, f"{_md5(b''.join(digests)).hexdigest()}-{len(parts)}"

    def _send_parts(self, named: dict[str, str], first: bytes) -> tuple[list[dict[str, Any]], list[bytes]]:
        """At most `_AT_ONCE` + 1 parts are in memory."""
        digests: list[bytes] = []
        parts: list[dict[str, Any]] = []
        moving: deque[Future[dict[str, Any]]] = deque()
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="upload")
        try:
            data = first
            while data:
                digests.append(_md5(data).digest())
                moving.append(pool.submit(self._send_part, named, len(digests), data))
                data = self._take()
                if len(moving) >= _AT_ONCE:
                    parts.append(moving.popleft().result())
            parts += [future.result() for future in moving]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return parts, digests

    def _send_part(self, named: dict[str, str], number: int, data: bytes) -> dict[str, Any]:
        answer = self._send("upload_part", **named, PartNumber=number, Body=data, ContentMD5=_md5_header(data))
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _complete(self, named: dict[str, str], parts: list[dict[str, Any]]) -> dict[str, Any]:
        try:
            return self._create("complete_multipart_upload", {**named, "MultipartUpload": {"Parts": parts}})
        except ClientError as error:
            # Completed already, and the answer lost: the request that was sent again finds no upload.
            if code_of(error) == "NoSuchUpload" and (found := self._ours()) is not None:
                return found
            raise

    def _create(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The request that makes the object appear, on the condition that there is none where that was asked."""
        if not self._if_absent:
            return self._send(method, **arguments)
        try:
            return self._send(method, **arguments, IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) == "NotImplemented":
                return self._send(method, **arguments)
            if status_of(error) not in (409, 412):
                raise
            if (found := self._ours()) is None:
                raise FileExistsError(self._target["Key"]) from None
            return found

    def _ours(self) -> dict[str, Any] | None:
        try:
            found = self._send("head_object", **self._target)
        except ClientError:
            return None
        return found if found.get("Metadata", {}).get("writer") == self._token else None

    def _abort(self, named: dict[str, str]) -> None:
        """The upload's own failure is what the caller hears of; parts that stay are swept by age."""
        try:
            self._send("abort_multipart_upload", **named)
        except FAILURES:
            return

    def _take(self) -> bytes:
        """The next part, whole unless it is the last."""
        pieces, left = [], self._part_bytes
        while left > 0 and (piece := self._source.read(min(left, CHUNK))):
            pieces.append(piece)
            left -= len(piece)
        data = b"".join(pieces)
        self._digest.update(data)
        self._size += len(data)
        return data


def _measured(source: BinaryIO) -> tuple[str, int]:
    """Hash and size of what is to be sent, where the stream can be read twice; else nothing is known."""
    if not source.seekable():
        return "", 0
    start = source.tell()
    known = sha256_of(source)
    size = source.tell() - start
    source.seek(start)
    return known, size


def _md5(data: bytes) -> Any:
    return hashlib.md5(data, usedforsecurity=False)


def _md5_header(data: bytes) -> str:
    return base64.b64encode(_md5(data).digest()).decode()
