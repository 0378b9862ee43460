"""Everybody sees the way to what they may open, and to nothing else."""

import pytest
from django.urls import reverse

from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction, in_order
from pixelhub.ui.navigation import Group, Item, sections_for
from tests.personas import World

pytestmark = pytest.mark.django_db


def labels(capabilities: set[Capability], path: str = "/") -> list[str]:
    return [link.label for section in sections_for(capabilities, path) for link in section.links]


def test_without_capabilities_only_home_remains() -> None:
    assert labels(set()) == ["Home"]


def test_people_are_shown_to_those_who_manage_them() -> None:
    assert "People" in labels({Capability.PEOPLE_MANAGE})
    assert "People" not in labels({Capability.AUDIT_VIEW})


def test_the_longest_fitting_address_is_current() -> None:
    links = [link for section in sections_for(set(Capability), reverse("accounts:api_keys")) for link in section.links]
    assert [link.label for link in links if link.current] == ["API keys"]


def test_an_unknown_address_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    group = Group("Odd", (Item("Nowhere", "no:such", "home"), Item("Audit", "audit:list", "audit")))
    monkeypatch.setattr("pixelhub.ui.navigation.NAVIGATION", (group,))
    assert labels(set()) == ["Audit"]


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.ADMINISTRATOR])
def test_only_the_administrator_sees_the_people_link(world: World, role: str) -> None:
    page = world.client(role).get("/accounts/password/change/").content.decode()
    assert f'href="{reverse("accounts:people")}"' not in page
    assert 'id="side"' in page


def test_the_administrator_sees_people_and_audit(world: World) -> None:
    page = world.client("administrator").get(reverse("accounts:people")).content.decode()
    assert f'href="{reverse("accounts:people")}" aria-current="page"' in page
    assert f'href="{reverse("audit:list")}"' in page


def test_the_demo_banner_is_for_demo_projects_only(world: World) -> None:
    client = world.client("administrator")
    assert "Demo workspace:" not in client.get(reverse("accounts:people")).content.decode()
    world.project.is_demo = True
    world.project.save()
    assert "Demo workspace:" in client.get(reverse("accounts:people")).content.decode()


def test_actions_come_most_urgent_first() -> None:
    late = NextAction("b", "", "/", 50)
    urgent = NextAction("a", "", "/", 5)
    bigger = NextAction("c", "", "/", 50, count=3)
    assert in_order([late, bigger, urgent]) == [urgent, bigger, late]
