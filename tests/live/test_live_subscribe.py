"""A browser hears of changes made in other processes, and of nothing that is not its business."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.utils import timezone

from pixelhub.accounts.models import Membership, User
from pixelhub.live.consumers import CLOSE_MALFORMED, CLOSE_NOT_SIGNED_IN, CLOSE_TOO_MUCH
from pixelhub.live.models import Revision
from pixelhub.live.services import touch
from tests.jobs.rig import Rig, environment_for, run_manage
from tests.live.listener import Listener, connected
from tests.paths import PROJECT_ROOT
from tests.personas import World, make_world


@pytest.fixture
def hub(rig: Rig, settings: Any) -> World:
    """Two projects in a database that other processes can reach."""
    settings.LIVE_POLL_SECONDS = 0.05
    settings.LIVE_RECHECK_SECONDS = 3600.0
    return make_world()


def touch_elsewhere(rig: Rig, topic: str, folder: Path, **environment: str) -> None:
    """Bump a topic in another process."""
    code = f"from pixelhub.live.services import touch; touch({topic!r})"
    run_manage(environment_for(rig.database_url, folder, **environment), "shell", "--no-imports", "-c", code)


async def test_change_in_another_process_arrives(hub: World, rig: Rig, tmp_path: Path) -> None:
    topic = f"project:{hub.project.pk}:rounds"
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, topic) as listener:
        assert await listener.heard() == {"type": "subscribed", "topics": {topic: 0}, "recent": []}
        await sync_to_async(touch_elsewhere)(rig, topic, tmp_path)
        assert await listener.heard() == {"type": "changed", "topic": topic, "revision": 1}


async def test_change_is_pushed_through_redis(
    hub: World, rig: Rig, tmp_path: Path, redis_url: str, settings: Any
) -> None:
    settings.LIVE_PUSH, settings.LIVE_POLL_SECONDS = True, 3600.0
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [redis_url], "prefix": "pixelhub"},
        }
    }
    topic = f"project:{hub.project.pk}:rounds"
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, topic) as listener:
        assert (await listener.heard())["type"] == "subscribed"
        await sync_to_async(touch_elsewhere)(rig, topic, tmp_path, REDIS_URL=redis_url)
        assert await listener.heard() == {"type": "changed", "topic": topic, "revision": 1}


@pytest.mark.parametrize(("age", "is_recent"), [(0, False), (50, False), (3600, True), (1e300, True)])
async def test_what_changed_since_the_page_was_made_is_named(hub: World, age: float, is_recent: bool) -> None:
    own, other = f"project:{hub.project.pk}:rounds", f"project:{hub.other_project.pk}:rounds"
    for topic in (own, other):
        await database_sync_to_async(touch)(topic)
    a_minute_ago = timezone.now() - timedelta(seconds=65)
    await database_sync_to_async(Revision.objects.all().update)(updated_at=a_minute_ago)
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, own, other, age=age) as listener:
        expected = {"type": "subscribed", "topics": {own: 1}, "recent": [own] if is_recent else []}
        assert await listener.heard() == expected


async def test_only_topics_of_own_projects_are_granted(hub: World) -> None:
    own, other = f"project:{hub.project.pk}:rounds", f"project:{hub.other_project.pk}:rounds"
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, own, other, "nonsense", "project:1:\x00") as listener:
        assert await listener.heard() == {"type": "subscribed", "topics": {own: 0}, "recent": []}
        await database_sync_to_async(touch)(other)
        await database_sync_to_async(touch)(own)
        assert await listener.heard() == {"type": "changed", "topic": own, "revision": 1}


async def test_a_foreign_origin_is_refused(hub: World) -> None:
    client = await sync_to_async(hub.client)("qa")
    assert await Listener(client, origin="https://elsewhere.example").open() is not None


async def test_anonymous_is_refused(hub: World) -> None:
    assert await Listener(hub.anonymous()).open() == CLOSE_NOT_SIGNED_IN


async def test_a_disabled_user_is_closed(hub: World, settings: Any) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.1
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, f"project:{hub.project.pk}:rounds") as listener:
        await listener.heard()
        await database_sync_to_async(User.objects.all().update)(is_active=False)
        assert await listener.closed_with() == CLOSE_NOT_SIGNED_IN


async def test_whose_second_factor_is_overdue_is_refused(hub: World) -> None:
    client = await sync_to_async(hub.client)("qa")
    await database_sync_to_async(Membership.objects.all().update)(created_at=timezone.now() - timedelta(days=30))
    assert await Listener(client).open() == CLOSE_NOT_SIGNED_IN


def test_by_default_a_connection_is_cut_within_a_minute() -> None:
    """Rights are looked at after LIVE_RECHECK_SECONDS, by whoever wakes each LIVE_POLL_SECONDS: slowest with Redis."""
    code = "from pixelhub.settings.live import *; print(LIVE_PUSH, LIVE_RECHECK_SECONDS + LIVE_POLL_SECONDS)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LIVE_")}
    environment["REDIS_URL"] = "redis://127.0.0.1:1/0"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    pushed, seconds = done.stdout.split()
    assert pushed == "True" and float(seconds) <= 60


async def test_a_removed_member_hears_nothing_more(hub: World, settings: Any) -> None:
    settings.LIVE_RECHECK_SECONDS = 0.0
    own, kept = f"project:{hub.project.pk}:rounds", f"project:{hub.other_project.pk}:rounds"
    user = await sync_to_async(hub.user)("qa")
    await database_sync_to_async(Membership.objects.create)(project=hub.other_project, user=user, role="qa")
    client = await sync_to_async(hub.sign_in)(user)
    async with connected(client, own, kept) as listener:
        await listener.heard()
        await database_sync_to_async(hub.project.memberships.all().delete)()
        await database_sync_to_async(touch)(own)
        await database_sync_to_async(touch)(kept)
        assert (await listener.heard())["topic"] == kept


MALFORMED = ["", "[]", "{", '{"subscribe": 1}', '{"subscribe": [1]}', '"x"', "[" * 5000]
BAD_AGES = ["-1", "NaN", "null", "true", '"old"', "[1]", "1" + "0" * 400]


@pytest.mark.parametrize("text", [*MALFORMED, *(f'{{"subscribe": [], "age": {age}}}' for age in BAD_AGES)])
async def test_malformed_messages_close_the_connection(hub: World, text: str) -> None:
    client = await sync_to_async(hub.client)("qa")
    async with connected(client) as listener:
        await listener.heard()
        await listener.say(text)
        assert await listener.closed_with() == CLOSE_MALFORMED


async def test_too_many_topics_close_the_connection(hub: World) -> None:
    client = await sync_to_async(hub.client)("qa")
    async with connected(client, *(f"project:1:{n}" for n in range(51))) as listener:
        assert await listener.closed_with() == CLOSE_TOO_MUCH
