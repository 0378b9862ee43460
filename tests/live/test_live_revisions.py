"""The way around a blocked WebSocket."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pixelhub.live.models import Revision
from pixelhub.live.services import touch
from tests.personas import World

ADDRESS = "live:revisions"


def test_member_gets_the_revisions_of_their_projects(world: World) -> None:
    own, other = f"project:{world.project.pk}:rounds", f"project:{world.other_project.pk}:rounds"
    touch(own)
    answer = world.client("qa").get(reverse(ADDRESS), {"topic": [own, other, "nonsense"], "age": 3600})
    assert answer.json() == {"revisions": {own: 1}, "recent": [own]}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(("age", "recent"), [("0", 0), ("50.5", 0), ("3600", 1), ("inf", 1)])
def test_what_changed_since_the_page_was_made_is_named(world: World, age: str, recent: int) -> None:
    topic = f"project:{world.project.pk}:rounds"
    touch(topic)
    Revision.objects.update(updated_at=timezone.now() - timedelta(seconds=65))
    answer = world.client("qa").get(reverse(ADDRESS), {"topic": topic, "age": age}).json()
    assert answer == {"revisions": {topic: 1}, "recent": [topic] * recent}


@pytest.mark.parametrize("age", ["-1", "nan", "old", ""])
def test_an_age_that_is_none_is_refused(world: World, age: str) -> None:
    answer = world.client("qa").get(reverse(ADDRESS), {"topic": "project:1:rounds", "age": age})
    assert answer.status_code == 400 and answer.json()["error"]


def test_outsider_gets_nothing(world: World) -> None:
    topic = f"project:{world.project.pk}:rounds"
    assert world.outsider_client("qa").get(reverse(ADDRESS), {"topic": topic}).json() == {"revisions": {}, "recent": []}


def test_anonymous_must_sign_in(world: World) -> None:
    assert world.anonymous().get(reverse(ADDRESS)).status_code == 302


def test_too_many_topics_are_refused(world: World) -> None:
    topics = [f"project:1:{n}" for n in range(51)]
    assert world.client("qa").get(reverse(ADDRESS), {"topic": topics}).status_code == 400
