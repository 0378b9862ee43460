"""A revision rises with the transaction, never alone, and never loses a change to a race."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from pixelhub.live import services
from pixelhub.live.models import Revision
from pixelhub.live.services import touch
from pixelhub.live.topics import TopicInvalid, project_of
from tests.jobs.rig import Rig

TOPIC = "project:1:rounds"


def test_each_touch_raises_the_revision(db: None) -> None:
    for _ in range(3):
        touch(TOPIC)
    assert Revision.objects.get(topic=TOPIC).revision == 3


def test_a_rolled_back_change_is_not_told(db: None) -> None:
    touch(TOPIC)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        touch(TOPIC)
        raise ZeroDivisionError
    assert Revision.objects.get(topic=TOPIC).revision == 1


def test_parallel_first_touches_all_count(rig: Rig) -> None:
    barrier = Barrier(8)

    def touch_five(_: int) -> None:
        for round_number in range(5):
            barrier.wait()
            with transaction.atomic():
                touch(f"project:1:round:{round_number}")
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(touch_five, range(8)))
    assert set(Revision.objects.values_list("revision", flat=True)) == {8}


class FrozenLayer:
    """A channel layer whose Redis stands still."""

    asked = 0

    async def group_send(self, group: str, message: object) -> None:
        self.asked += 1
        await asyncio.Event().wait()


def test_a_redis_that_stands_still_holds_up_one_writer_for_a_moment(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = FrozenLayer()
    settings.LIVE_PUSH = True
    monkeypatch.setattr(services, "get_channel_layer", lambda: layer)
    monkeypatch.setattr(services, "PUSH_SECONDS", 0.01)
    monkeypatch.setitem(services._paused, "until", 0.0)
    for _ in range(3):
        touch(TOPIC)
    assert Revision.objects.get(topic=TOPIC).revision == 3
    assert layer.asked == 1, "after one push without an answer nobody waits for a while"
    monkeypatch.setitem(services._paused, "until", 0.0)
    touch(TOPIC)
    assert layer.asked == 2


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "rounds",
        "project::rounds",
        "project:0:x",
        "project:1:",
        "project:1:a b",
        "project:٣:x",
        "project:1:" + "x" * 200,
    ],
)
def test_topics_name_a_project(topic: str) -> None:
    with pytest.raises(TopicInvalid):
        project_of(topic)
