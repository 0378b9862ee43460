"""Reading the audit trail."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from pixelhub.audit import state, views
from pixelhub.audit.models import AuditCheck, AuditEvent
from pixelhub.audit.services import record
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from tests.audit.test_record import drop_triggers
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
    assert "<code>round.close</code>" not in page


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


@pytest.mark.parametrize(
    "query",
    ["?action=nonsense", "?target=" + "x" * 200, "?before=nonsense", "?after=-3", "?since=nonsense", "?group=nonsense"],
)
def test_bad_filters_are_answered_calmly(world: World, query: str) -> None:
    assert world.client("administrator").get(reverse(LIST) + query).status_code == 200


def test_a_nul_is_refused(world: World) -> None:
    assert world.client("administrator").get(reverse(LIST) + "?target=%00").status_code == 400


def test_an_intact_chain_is_said_to_be_intact(world: World) -> None:
    event(world, "round.open")
    assert "The chain is intact" in body(world)


def test_a_tampered_row_is_found_and_only_then_the_page_is_red(world: World) -> None:
    event(world, "round.open")
    assert "note-error" not in body(world)
    made = AuditEvent.objects.latest("seq")
    event(world, "round.close")
    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditevent SET actor_label = %s WHERE seq = %s", ["somebody else", made.seq])
    page = body(world)
    assert f"The chain is broken, from event {made.seq} on" in page
    assert f"event {made.seq}: altered after it was written" in page
    assert f"?identifier={made.seq}" in page


def test_verifying_is_a_job_and_its_result_is_kept_with_who_and_when(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "CHECKED_UNASKED", 0)
    event(world, "round.open")
    assert "has not been verified as a whole yet" in body(world)
    lead = world.client("clinical_lead")
    assert lead.post(reverse("audit:verify")).status_code == 302
    assert world.client("pm").post(reverse("audit:verify")).status_code == 302
    job = Job.objects.get(kind="audit.verify")
    assert job.owner == world.user("clinical_lead"), "asked for twice, one check"
    page = lead.get(reverse(LIST)).content.decode()
    assert "The check that is running" in page and "disabled" in page
    run_inline(job)
    assert (job.state, job.done, job.unit) == ("succeeded", job.total, "events")
    check = AuditCheck.objects.get()
    assert (check.whole, check.ok, check.asked_by) == (True, True, world.user("clinical_lead"))
    page = lead.get(reverse(LIST), headers={"HX-Request": "true"}).content.decode()
    assert "intact when it was last verified" in page and f"by {world.user('clinical_lead')}" in page
    assert "<html" not in page, "the part that is live is sent alone"

    drop_triggers()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_auditevent SET actor_label = 'x' WHERE action = 'round.open'")
    lead.post(reverse("audit:verify"))
    job = Job.objects.filter(kind="audit.verify").latest("pk")
    run_inline(job)
    broken_at = AuditEvent.objects.get(action="round.open").seq
    assert job.state == "failed" and f"from event {broken_at} on" in job.error
    page = lead.get(reverse(LIST)).content.decode()
    assert f"The chain is broken, from event {broken_at} on" in page and "Last good check" in page
    assert "note-ok" not in page
    for role in ("annotator", "qa"):
        assert world.client(role).post(reverse("audit:verify")).status_code == 403
    assert lead.get(reverse("audit:verify")).status_code == 405


def test_markup_in_a_payload_is_escaped(world: World) -> None:
    event(world, "round.open", payload={"name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in body(world)


def shown(page: str) -> list[int]:
    return [int(number.replace(",", "")) for number in re.findall(r'<td class="num muted">([0-9,]+)</td>', page)]


def test_pages_of_fifty_go_on_where_the_last_ended(world: World) -> None:
    for _ in range(views.PAGE_SIZE + 5):
        event(world, "round.close")
    event(world, "round.open")
    first = shown(body(world, "?group=annotation"))
    assert len(first) == views.PAGE_SIZE and first == sorted(first, reverse=True)
    second = shown(body(world, f"?group=annotation&before={first[-1]}"))
    assert second == list(range(first[-1] - 1, first[-1] - len(second) - 1, -1)) and len(second) == 6
    assert shown(body(world, f"?group=annotation&after={second[0]}")) == first
    assert "Older" not in body(world, f"?group=annotation&before={first[-1]}")


def test_filters_by_kind_date_number_and_hash(world: World) -> None:
    event(world, "round.close", target=world.project)
    made = AuditEvent.objects.latest("seq")
    assert made.seq in shown(body(world, "?group=annotation"))
    assert made.seq not in shown(body(world, "?group=pii"))
    for query in (f"identifier={made.seq}", f"identifier={made.hash}", f"since={made.at[:10]}&until={made.at[:10]}"):
        assert made.seq in shown(body(world, f"?{query}")), query
    assert shown(body(world, "?until=2020-01-01")) == []
    assert made.seq in shown(body(world, "?since=0001-01-01&until=9999-12-31")), "no day comes after the last"


def test_events_of_no_project_are_for_administrators(world: World) -> None:
    event(world, "audit.publish_head", project=None, payload={"seq": 7})
    made = AuditEvent.objects.latest("seq").seq
    assert made in shown(body(world, "?scope=hub"))
    assert made not in shown(body(world))
    page = world.client("clinical_lead").get(reverse(LIST) + "?scope=hub").content.decode()
    assert made not in shown(page) and "The hub itself" not in page


def test_an_event_reads_as_a_sentence_and_leads_to_what_it_is_about(world: World) -> None:
    event(world, "model_version.state", payload={"before": "candidate", "after": "in_review"}, target=world.project)
    page = body(world)
    assert "moved a version from candidate to in review" in page
    with transaction.atomic():
        record(action="job.cancel", project=world.project, target=Job(pk=41), payload={"kind": "x"})
    assert f'href="{reverse("jobs:detail", args=[41])}"' in body(world)
