"""Reading an object of an S3 store as one stream that outlives its connections."""

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

from pixelhub.objects.base import ObjectChanged, ObjectStoreError
from pixelhub.objects.retries import FAILURES, Retries, passes, reason

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A server that sends a little and hangs up again and again makes progress, but no sense.
_MOST_FAILURES = 100

Fetch = Callable[[int, int | None, str | None], dict[str, Any]]


class S3Stream(io.RawIOBase):
    """The bytes [start, end) of one version of an object.

    `fetch(start, end, etag)` is one GET, already retried until an answer begins; it raises ObjectChanged when the
    store holds another version than `etag`. A body that breaks off, stalls or ends early is resumed at its byte.
    A whole object that its writer had hashed is checked against that hash at its end.
    """

    def __init__(self, key: str, fetch: Fetch, retries: Retries, *, start: int, end: int | None, etag: str | None):
        self._key = key
        self._fetch = fetch
        self._retries = retries
        self._position = start
        self._failures = 0
        self._all_failures = 0
        answer = fetch(start, end, etag)
        self.etag = str(answer.get("ETag", ""))
        self._refuse_another_version(etag, answer)
        self._end = self._end_of(answer, start, end)
        self._body = answer["Body"]
        self._digest = None
        self._expected = str(answer.get("Metadata", {}).get("sha256", ""))
        if start == 0 and end is None and _SHA256.fullmatch(self._expected):
            self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        view = memoryview(buffer)
        wanted = min(len(view), self._end - self._position)
        if not wanted:
            self._check_hash()
            return 0
        chunk = self._next(wanted)
        view[: len(chunk)] = chunk
        self._position += len(chunk)
        if self._digest is not None:
            self._digest.update(chunk)
        return len(chunk)

    def close(self) -> None:
        self._body.close()
        super().close()

    def _next(self, wanted: int) -> bytes:
        while True:
            try:
                chunk: bytes = self._body.read(wanted)
                if chunk:
                    self._failures = 0
                    return chunk
                self._count_failure("ended early", None)
            except FAILURES as error:
                if not passes(error):
                    raise ObjectStoreError(f"could not read {self._key}: {reason(error)}") from None
                self._count_failure(reason(error), error)
            self._resume()

    def _count_failure(self, what: str, error: Exception | None) -> None:
        self._failures += 1
        self._all_failures += 1
        if self._failures >= self._retries.attempts or self._all_failures >= _MOST_FAILURES or not self.etag:
            raise ObjectStoreError(f"could not read {self._key} past byte {self._position}: {what}") from None
        self._retries.wait(self._failures, error)

    def _resume(self) -> None:
        self._body.close()
        answer = self._fetch(self._position, self._end, self.etag)
        self._refuse_another_version(self.etag, answer)
        if self._end_of(answer, self._position, self._end) != self._end:
            raise ObjectChanged(f"{self._key} changed while it was read")
        self._body = answer["Body"]

    def _refuse_another_version(self, etag: str | None, answer: dict[str, Any]) -> None:
        """If-Match should have seen to it; a server or proxy that ignores it must not mix two objects."""
        if etag and answer.get("ETag") != etag:
            answer["Body"].close()
            raise ObjectChanged(f"{self._key} is not the version that was asked for")

    def _end_of(self, answer: dict[str, Any], start: int, end: int | None) -> int:
        """The end of what this answer carries, in bytes of the object."""
        shown = answer.get("ContentRange")
        if not shown:
            if start:
                raise ObjectStoreError(f"could not read {self._key}: the store does not answer byte ranges")
            length = int(answer["ContentLength"])
            return length if end is None else min(length, end)
        match = _RANGE.fullmatch(shown)
        if match is None or int(match[1]) != start:
            raise ObjectStoreError(f"could not read {self._key}: the store answered another byte range")
        total = int(match[3])
        return total if end is None else min(total, end)

    def _check_hash(self) -> None:
        if self._digest is not None and self._digest.hexdigest() != self._expected:
            raise ObjectStoreError(f"{self._key} arrived damaged: its bytes do not have the hash they were stored with")
