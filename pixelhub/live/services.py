"""Bump a topic inside the writer's transaction; tell subscribers after the commit."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from pixelhub.live.models import Revision
from pixelhub.live.topics import group_of, project_of

__all__ = ["touch"]

logger = logging.getLogger(__name__)

# A Redis that stands still must hold nobody up: whoever writes is done already, and pages look for themselves.
PUSH_SECONDS = 1.0
PAUSE_SECONDS = 5.0
_paused = {"until": 0.0}


def touch(topic: str) -> None:
    """Raise the revision of `topic` ("project:<id>:<what>") in the caller's transaction.

    Commits or rolls back with what changed, so nobody is told of a change that did not happen.
    Raises TopicInvalid for another form of name.
    """
    project_of(topic)
    now = timezone.now()
    if not Revision.objects.filter(topic=topic).update(revision=F("revision") + 1, updated_at=now):
        # ON CONFLICT DO NOTHING rather than get-or-create: a lost insert race must not break the caller's
        # transaction. Both racers then raise the number, so neither change goes unseen.
        Revision.objects.bulk_create([Revision(topic=topic, revision=0, updated_at=now)], ignore_conflicts=True)
        Revision.objects.filter(topic=topic).update(revision=F("revision") + 1, updated_at=now)
    if settings.LIVE_PUSH:
        transaction.on_commit(lambda: _push(topic), robust=True)


def _push(topic: str) -> None:
    """Best effort: a lost push is found by the subscriber's slow poll. One that fails stops all for some seconds."""
    layer = get_channel_layer()
    if layer is None or monotonic() < _paused["until"]:
        return
    sending = layer.group_send(group_of(topic), {"type": "live.changed", "topic": topic})
    try:
        async_to_sync(asyncio.wait_for)(sending, PUSH_SECONDS)
    except Exception as error:
        _paused["until"] = monotonic() + PAUSE_SECONDS
        logger.warning("live push failed: %s", type(error).__name__)
