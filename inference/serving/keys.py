"""Who may ask: API keys behind a cache of seconds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol

from inference.serving.database import DatabaseThreads
from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.rates import Limits
from pixelhub.accounts.selectors import api_key_verify
from pixelhub.accounts.usage import usage_by_day
from pixelhub.canonical import sha256_hex

logger = logging.getLogger(__name__)

#: A revoked key is refused after at most this many seconds (the promise is 5).
CACHE_S = 2.0
#: A database that does not answer within this is treated as one that fails, in seconds.
LOOK_UP_S = 2.0
#: How long a key that was good is believed while the database cannot be asked: nobody can revoke it there either, and
#: silence towards a person in crisis is worse.
BELIEVED_S = 300.0
_CACHE_SIZE = 10_000
_MAX_TOKEN_CHARS = 200


class Asker(Protocol):
    """For whom something is scored: a program with a key, or a person of the project."""

    @property
    def project_id(self) -> int: ...
    @property
    def key_id(self) -> int | None: ...
    @property
    def user_id(self) -> int | None: ...


@dataclass(frozen=True)
class Person:
    """Somebody signed in, in the project they have chosen."""

    user_id: int
    project_id: int
    key_id: None = None


@dataclass(frozen=True)
class Caller:
    """A verified key, as much of it as a request needs."""

    key_id: int
    project_id: int
    scopes: frozenset[str]
    limits: Limits
    user_id: None = None


class KeyCache:
    """Verified tokens for `CACHE_S` seconds, unknown ones too; kept by hash, so no token lies in memory for long."""

    def __init__(self, database: DatabaseThreads) -> None:
        self._database = database
        #: token digest -> (asked at, caller)
        self._entries: OrderedDict[str, tuple[float, Caller | None]] = OrderedDict()
        self._rests_until = 0.0
        self._pending: dict[str, asyncio.Future[Caller | None]] = {}

    async def verify(self, token: str) -> Caller | None:
        """The caller of a token; None when the key is unknown, expired or revoked."""
        if not token or len(token) > _MAX_TOKEN_CHARS or not token.isascii():
            return None
        digest = sha256_hex(token.encode("ascii"))
        now = time.monotonic()
        entry = self._entries.get(digest)
        if entry and now < entry[0] + CACHE_S:
            return entry[1]
        if entry and now < self._rests_until and (believed := _believed(entry, now)):
            return believed
        pending = self._pending.get(digest)
        if pending is None:
            pending = self._pending[digest] = asyncio.ensure_future(self._look_up(token, digest))
            pending.add_done_callback(lambda _: self._pending.pop(digest, None))
        return await asyncio.shield(pending)

    async def _look_up(self, token: str, digest: str) -> Caller | None:
        asked_at = time.monotonic()
        try:
            caller = await asyncio.wait_for(self._database.run(lambda: _caller_of(token)), LOOK_UP_S)
        except Exception as error:  # whatever a database that is away raises
            known = self._entries.get(digest)
            believed = known and _believed(known, time.monotonic())
            if not believed:
                raise
            logger.warning("keys can not be looked up, known ones are believed: %s", type(error).__name__)
            self._rests_until = time.monotonic() + CACHE_S
            return believed
        self._entries[digest] = (asked_at, caller)
        self._entries.move_to_end(digest)
        while len(self._entries) > _CACHE_SIZE:
            self._entries.popitem(last=False)
        return caller


def _believed(entry: tuple[float, Caller | None], now: float) -> Caller | None:
    asked_at, caller = entry
    return caller if now < asked_at + BELIEVED_S else None


def _caller_of(token: str) -> Caller | None:
    key = api_key_verify(token)
    if key is None:
        return None
    return Caller(key.pk, key.project_id, frozenset(key.scopes), key.limits)


def usage_rows(key_id: int) -> list[dict[str, Any]]:
    """What a key asked on each of the last 30 days (UTC)."""
    return [
        {
            "day": row.day.isoformat(),
            "requests": row.requests,
            "conversations": row.conversations,
            "errors": row.errors,
            "limited": row.limited,
        }
        for row in usage_by_day(ApiKey(pk=key_id))
    ]
