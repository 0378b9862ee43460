"""The board: the gravest first, live, with what everybody may see."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from inference.models import CaseWatch
from inference.services import case_acknowledge, case_close, case_override
from pixelhub.live.models import Revision
from tests.inference.alarming import alarm
from tests.personas import World

BOARD = "/inference/cases/"


def order_on(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-case="(\d+)"', html)]


def test_danger_first_then_the_time_that_is_left(world: World) -> None:
    now = timezone.now()
    severe = alarm(world.project, "severe", at=now - timedelta(minutes=50))
    late = alarm(world.project, "emergency", at=now - timedelta(minutes=9))
    fresh = alarm(world.project, "emergency", at=now)
    unread = alarm(world.project, "concern", crisis=None, degraded=True, crisis_type="none")
    alarm(world.other_project, "emergency", conversation="beta-secret")
    judged = alarm(world.project, "urgent")
    case_override(case=judged, actor=world.user("clinical_lead"), reason="test", text="x", seen=1)
    case_acknowledge(case=fresh, actor=world.user("qa"))
    qa = world.client("qa")
    html = qa.get(BOARD).content.decode()
    assert order_on(html) == [late.pk, fresh.pk, severe.pk, unread.pk, judged.pk]
    assert re.search(r"\b[4-9] min over", html) and str(world.user("qa")) in html and "Must be read" in html
    assert order_on(qa.get(f"{BOARD}?show=mine").content.decode()) == [fresh.pk]
    assert order_on(qa.get(f"{BOARD}?show=unread").content.decode()) == [unread.pk]
    case_close(case=judged, actor=world.user("qa"), text="done", seen=1)
    assert order_on(qa.get(f"{BOARD}?show=closed").content.decode()) == [judged.pk]
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", html)
    part = qa.get(BOARD, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part and len(order_on(part)) == 4


def test_who_sees_the_board_and_who_acts(world: World) -> None:
    case = alarm(world.project)
    page = f"{BOARD}{case.pk}/"
    for role, status in {"qa": 200, "clinical_lead": 200, "administrator": 200, "pm": 403, "ml_engineer": 403,
                         "annotator": 403, "data_engineer": 403, "api_client": 403}.items():  # fmt: skip
        client = world.client(role)
        assert (client.get(BOARD).status_code, client.get(page).status_code) == (status, status), role
    assert world.outsider_client("clinical_lead").get(page).status_code == 404
    assert "/acknowledge/" in world.client("qa").get(page).content.decode()
    assert "/acknowledge/" not in world.client("administrator").get(page).content.decode()


def test_a_case_page_has_actions_contacts_and_no_words(world: World) -> None:
    case = alarm(world.project, conversation="chat-9")
    alarm(world.project, "severe", conversation="chat-9", api_key=None, scored_by=world.user("ml_engineer"))
    html = world.client("clinical_lead").get(f"{BOARD}{case.pk}/").content.decode()
    assert "116 123" in html and "999" in html
    assert "suicide plan" in html and "chat-9" in html and "<polyline" in html
    assert "more than one client" in html
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", html)


def test_a_board_that_nobody_watches_over_says_so(world: World) -> None:
    qa = world.client("qa")
    assert "Nobody watches the deadlines" in qa.get(BOARD).content.decode()
    CaseWatch.objects.create(looked_at=timezone.now())
    assert "Nobody watches" not in qa.get(BOARD).content.decode()
    assert "No case waits" in qa.get(BOARD).content.decode()


def test_every_change_is_told(world: World) -> None:
    topic = f"project:{world.project.pk}:cases"
    case = alarm(world.project)
    before = Revision.objects.get(topic=topic).revision
    case_acknowledge(case=case, actor=world.user("qa"))
    assert Revision.objects.get(topic=topic).revision == before + 1


@pytest.mark.parametrize("path", [BOARD, "/"])
def test_the_pages_do_not_grow_their_queries(world: World, django_assert_max_num_queries: Any, path: str) -> None:
    for _ in range(12):
        alarm(world.project)
    client = world.client("clinical_lead")
    client.get(path)
    with django_assert_max_num_queries(20 if path == BOARD else 90):
        client.get(path)
