"""Reading the audit trail."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from pixelhub.audit import views
from pixelhub.audit.chain import ChainReport
from pixelhub.audit.services import record
from tests.personas import World

pytestmark = pytest.mark.django_db
LIST = "audit:list"


def event(world: World, action: str, **fields: Any) -> None:
    with transaction.atomic():
        record(action=action, project=fields.pop("project", world.project), **fields)


def body(world: World, query: str = "") -> str:
    return world.client("administrator").get(reverse(LIST) + query).content.decode()


def test_events_of_the_project_only(world: World) -> None:
    event(world, "round.open", payload={"round": 7})
    event(world, "round.close", project=world.other_project)
    page = body(world)
    assert "<code>round.open</code>" in page
    assert "round.close" not in page


@pytest.mark.parametrize("role", ["annotator", "qa", "ml_engineer", "data_engineer"])
def test_others_are_refused(world: World, role: str) -> None:
    assert world.client(role).get(reverse(LIST)).status_code == 403


@pytest.mark.parametrize("role", ["pm", "clinical_lead", "administrator"])
def test_those_who_may_read_it_can(world: World, role: str) -> None:
    assert world.client(role).get(reverse(LIST)).status_code == 200


def test_strangers_are_sent_to_sign_in(world: World) -> None:
    assert world.anonymous().get(reverse(LIST)).status_code == 302


def test_the_filter_narrows(world: World) -> None:
    actor = world.user("qa")
    event(world, "round.open", actor=actor)
    event(world, "round.close")
    page = body(world, "?action=round.open")
    assert "<code>round.open</code>" in page
    assert "<code>round.close</code>" not in page
    page = body(world, f"?actor={actor.username}")
    assert "<code>round.close</code>" not in page


def test_the_object_filter_takes_kind_and_number(world: World) -> None:
    event(world, "project.touch", target=world.project)
    event(world, "round.open")
    page = body(world, f"?target=Project {world.project.pk}")
    assert "<code>project.touch</code>" in page
    assert "<code>round.open</code>" not in page


@pytest.mark.parametrize("query", ["?action=nonsense", "?target=" + "x" * 200, "?page=nonsense", "?page=-3"])
def test_bad_filters_are_answered_calmly(world: World, query: str) -> None:
    assert world.client("administrator").get(reverse(LIST) + query).status_code == 200


def test_a_nul_is_refused(world: World) -> None:
    assert world.client("administrator").get(reverse(LIST) + "?target=%00").status_code == 400


def test_an_intact_chain_is_said_to_be_intact(world: World) -> None:
    event(world, "round.open")
    assert "The chain is intact" in body(world)


def test_a_broken_chain_is_said_to_be_broken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    report = ChainReport(events=3, head="0" * 64, problems=("event 2: altered after it was written (x.y)",))
    monkeypatch.setattr(views, "chain_verify", lambda: report)
    page = body(world)
    assert "The chain is broken" in page
    assert "event 2: altered" in page


def test_a_long_chain_is_checked_when_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    event(world, "round.open")
    monkeypatch.setattr(views, "CHECKED_UNASKED", 0)
    assert "was not checked" in body(world)
    assert "The chain is intact" in body(world, "?verify=1")


def test_markup_in_a_payload_is_escaped(world: World) -> None:
    event(world, "round.open", payload={"name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in body(world)


def test_pages_of_fifty(world: World) -> None:
    for _ in range(views.PAGE_SIZE + 5):
        event(world, "round.touch")
    assert body(world, "?action=round.touch").count("<code>round.touch</code>") == views.PAGE_SIZE
    assert "round.touch</code>" in body(world, "?page=2&action=round.touch")
