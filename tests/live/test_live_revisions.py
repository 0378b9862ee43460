"""The way around a blocked WebSocket."""

from __future__ import annotations

from django.urls import reverse

from pixelhub.live.services import touch
from tests.personas import World

ADDRESS = "live:revisions"


def test_member_gets_the_revisions_of_their_projects(world: World) -> None:
    own, other = f"project:{world.project.pk}:rounds", f"project:{world.other_project.pk}:rounds"
    touch(own)
    answer = world.client("qa").get(reverse(ADDRESS), {"topic": [own, other, "nonsense"]})
    assert answer.json() == {"revisions": {own: 1}}
    assert "no-store" in answer["Cache-Control"]


def test_outsider_gets_nothing(world: World) -> None:
    topic = f"project:{world.project.pk}:rounds"
    assert world.outsider_client("qa").get(reverse(ADDRESS), {"topic": topic}).json() == {"revisions": {}}


def test_anonymous_must_sign_in(world: World) -> None:
    assert world.anonymous().get(reverse(ADDRESS)).status_code == 302


def test_too_many_topics_are_refused(world: World) -> None:
    topics = [f"project:1:{n}" for n in range(51)]
    assert world.client("qa").get(reverse(ADDRESS), {"topic": topics}).status_code == 400
