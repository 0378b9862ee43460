"""What models said of a text, kept in Redis for a while: optional, without text, and never worth an answer.

Of the model alone, never of the rules: they run on each request. A key is a keyed hash over the bundle's digest and the
text as the model reads it (the content hash of records folds case, which a model may not); a value carries a keyed
digest, so that whoever can write to Redis can not lower a score. A Redis that fails or is slow is left alone for some
seconds, and the model answers.
"""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import redis.asyncio as redis
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

#: A Redis that has not answered by then costs more than it saves, in seconds.
WAIT_S: Final = 0.05
#: Nobody waits for an answer to be stored; one that takes longer is a failure, too, in seconds.
STORE_S: Final = 1.0
#: How long it is left alone after a failure, in seconds.
REST_S: Final = 5.0
_CONNECTIONS: Final = 16
_DIGEST_BYTES: Final = 16
#: Answers that wait to be stored; past it they are not.
_STORING: Final = 256


class PredictionCache:
    """Belongs to the running event loop. `secret` keys the hashes; other processes of the hub have the same."""

    def __init__(self, url: str, *, seconds: int, secret: str) -> None:
        waits = {"socket_timeout": WAIT_S, "socket_connect_timeout": WAIT_S, "timeout": WAIT_S}
        pool = redis.BlockingConnectionPool.from_url(url, max_connections=_CONNECTIONS, **waits)
        self._client: Any = redis.Redis(connection_pool=pool)
        self._seconds = seconds
        self._secret = blake2b(secret.encode("utf-8"), digest_size=32, person=b"score-cache").digest()
        self._rests_until = 0.0
        self._storing: set[asyncio.Task[None]] = set()
        self.hits = self.misses = 0

    @property
    def state(self) -> str:
        """ok or failing."""
        return "failing" if time.monotonic() < self._rests_until else "ok"

    async def get(self, bundle_sha256: str, text: str, *, labels: int) -> tuple[tuple[float, ...], int] | None:
        """(probabilities in the order of the labels, severity) that this bundle gave this text; None without them."""
        if time.monotonic() < self._rests_until:
            return None
        key = self._key(bundle_sha256, text)
        try:
            async with asyncio.timeout(WAIT_S):
                value = await self._client.get(key)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)
            return None
        found = self._opened(key, value, labels) if value is not None else None
        self.hits += found is not None
        self.misses += found is None
        return found

    def put(self, bundle_sha256: str, text: str, probabilities: Sequence[float], severity: int) -> None:
        """Store in the background."""
        if time.monotonic() < self._rests_until or len(self._storing) >= _STORING:
            return
        key = self._key(bundle_sha256, text)
        payload = struct.pack(f"<{len(probabilities)}dB", *probabilities, severity)
        task = asyncio.create_task(self._store(key, self._digest(key + payload) + payload))
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)

    async def close(self) -> None:
        """Close the connections; what was not stored yet is not."""
        for task in self._storing:
            task.cancel()
        await self._client.aclose()
        await self._client.connection_pool.disconnect()

    async def _store(self, key: bytes, value: bytes) -> None:
        try:
            async with asyncio.timeout(STORE_S):
                await self._client.set(key, value, ex=self._seconds)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)

    def _rest(self, error: Exception) -> None:
        if time.monotonic() >= self._rests_until:
            logger.warning("the score cache does not answer, models are asked: %s", type(error).__name__)
        self._rests_until = time.monotonic() + REST_S

    def _key(self, bundle_sha256: str, text: str) -> bytes:
        digest = blake2b(text.encode("utf-8"), digest_size=32, key=self._secret, person=b"text")
        return f"pixelhub:prediction:{bundle_sha256}:{digest.hexdigest()}".encode("ascii")

    def _digest(self, data: bytes) -> bytes:
        return blake2b(data, digest_size=_DIGEST_BYTES, key=self._secret, person=b"value").digest()

    def _opened(self, key: bytes, value: Any, labels: int) -> tuple[tuple[float, ...], int] | None:
        form = struct.Struct(f"<{labels}dB")
        if not isinstance(value, bytes) or len(value) != _DIGEST_BYTES + form.size:
            return None
        payload = value[_DIGEST_BYTES:]
        if value[:_DIGEST_BYTES] != self._digest(key + payload):
            logger.warning("the score cache holds a value that this hub did not write")
            return None
        *probabilities, severity = form.unpack(payload)
        return tuple(probabilities), int(severity)
