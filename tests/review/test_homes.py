"""The home of every role before anything, half way and done: the next action first, every link opens."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from pixelhub.accounts.roles import Role
from review.home import actions_for
from tests.personas import World
from tests.review.board_states import done, half_way

pytestmark = pytest.mark.django_db
PEOPLE = [role.value for role in Role if role != Role.API_CLIENT]
STATES = {
    "empty": lambda world: None,
    "half way": lambda world: half_way(world, synthetic=100),
    "done": lambda world: done(world, synthetic=200, real=100, augmented=40),
}
LINK = re.compile(r'<a\b[^>]*?\bhref="(/[^"#]*)', re.DOTALL)


@pytest.mark.parametrize("state", STATES)
def test_every_home_leads_where_its_role_may_go(world: World, state: str) -> None:
    STATES[state](world)
    for role in PEOPLE:
        client, actions = world.client(role), actions_for(world.user(role), world.project)
        page = client.get(reverse("home")).content.decode()
        assert [action.priority for action in actions] == sorted(action.priority for action in actions), role
        shown = page.split('id="next"')[1].split('id="path"')[0]
        offered = [unescape(url) for url in LINK.findall(shown)]
        assert offered == [action.url for action in actions], f"{role}: the next action comes first"
        assert ("Nothing waits for you" in shown) is (not actions), role
        assert "From a conversation to a score" in page
        # The navigation is the same in each state; it is walked before anything is there, where pages are emptiest.
        main = page if state == "empty" else page.split('id="home"')[1]
        wrong = {url: status for url in dict.fromkeys(LINK.findall(main)) if (status := _status(client, url)) != 200}
        assert wrong == {}, f"{role}, {state}: offered and not to be opened"


def _status(client: Client, url: str) -> int:
    return client.get(unescape(url), follow=True).status_code
