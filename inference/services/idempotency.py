"""Answers kept for a day under their Idempotency-Key: the first one counts, whoever comes second is given it."""

from __future__ import annotations

import hashlib
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from inference.models import IdempotentAnswer, ScoreLog

__all__ = ["KEPT_FOR", "Known", "Request", "answers_forget", "answers_keep", "request_look_up"]

KEPT_FOR: Final = timedelta(hours=24)
_NAMESPACE: Final = uuid.UUID("7d2b5c1e-5f0a-4c58-9d0a-0f6f2f1f6b11")


@dataclass(frozen=True)
class Request:
    """One request with a client's key, by hashes alone."""

    api_key_id: int
    key_hash: str
    fingerprint: str

    @classmethod
    def of(cls, *, api_key_id: int, key: str, path: str, body: bytes) -> Request:
        """`key` is what the client sent, `body` the bytes of its request."""
        secret = key.encode("ascii")
        key_hash = hashlib.sha256(b"%d:%s" % (api_key_id, secret)).hexdigest()
        fingerprint = hashlib.sha256(b"\0".join((secret, path.encode("utf-8"), body))).hexdigest()
        return cls(api_key_id, key_hash, fingerprint)

    def score_id(self, index: int = 0, *, generation: int = 0) -> uuid.UUID:
        """The id of the request's score number `index`: a repetition writes the same row, which is there already."""
        return uuid.uuid5(_NAMESPACE, f"{self.key_hash}:{self.fingerprint}:{generation}:{index}")


@dataclass(frozen=True)
class Known:
    """What is known of a key: its answer (None: not answered yet) and whether that was to another request.

    `generation` counts how often the same request was answered more than a day ago.
    """

    answer: bytes | None
    differs: bool
    generation: int = 0


def request_look_up(*, request: Request) -> Known:
    """The kept answer, or under which generation of ids to score."""
    since = timezone.now() - KEPT_FOR
    kept = IdempotentAnswer.objects.filter(pk=request.key_hash, at__gte=since).first()
    if kept is not None:
        return _known(kept, request)
    generation = 0
    while (at := _scored_at(request.score_id(generation=generation))) is not None and at < since:
        generation += 1
    return Known(None, False, generation)


@transaction.atomic
def answers_keep(*, answers: Sequence[tuple[Request, bytes]]) -> list[Known]:
    """Keep answers, and return what counts for each: its own, or the one that was quicker."""
    since = timezone.now() - KEPT_FOR
    keys = [request.key_hash for request, _ in answers]
    IdempotentAnswer.objects.filter(pk__in=keys, at__lt=since).delete()
    rows = {
        request.key_hash: IdempotentAnswer(
            key_hash=request.key_hash,
            api_key_id=request.api_key_id,
            fingerprint=request.fingerprint,
            body=zlib.compress(answer),
        )
        for request, answer in reversed(answers)
    }
    # In order: two transactions with the same keys must not wait for each other.
    IdempotentAnswer.objects.bulk_create([rows[key] for key in sorted(rows)], ignore_conflicts=True)
    kept = IdempotentAnswer.objects.in_bulk(keys)
    return [_known(kept[request.key_hash], request) for request, _ in answers]


def answers_forget() -> int:
    """Delete what is older than a day; how many."""
    deleted, _ = IdempotentAnswer.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()
    return deleted


def _known(kept: IdempotentAnswer, request: Request) -> Known:
    if kept.fingerprint != request.fingerprint:
        return Known(None, True)
    return Known(zlib.decompress(bytes(kept.body)), False)


def _scored_at(score_id: uuid.UUID) -> datetime | None:
    return ScoreLog.objects.filter(pk=score_id).values_list("at", flat=True).first()
