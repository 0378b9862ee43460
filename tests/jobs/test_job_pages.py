"""Who sees which job, what the pages show, and who may stop or retry."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.models import User
from pixelhub.jobs import lease, log
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.services import job_enqueue
from tests.personas import World


@pytest.fixture
def job(world: World) -> Job:
    return make_job(world, world.user("ml_engineer"))


def make_job(world: World, owner: User | None) -> Job:
    return job_enqueue(kind="test.steps", params={"steps": 400}, project=world.project, owner=owner)


def running(job: Job, **fields: object) -> Job:
    claimed = lease.claim(job.pk, worker="here")
    Job.objects.filter(pk=job.pk).update(**fields)
    return claimed


PAGES = ("jobs:detail", "jobs:progress")
ACTS = ("jobs:cancel", "jobs:retry")


@pytest.mark.parametrize("name", PAGES)
def test_owner_and_colleague_see_it(world: World, job: Job, name: str) -> None:
    for role in ("ml_engineer", "pm", "administrator"):
        assert world.client(role).get(reverse(name, args=[job.pk])).status_code == 200


@pytest.mark.parametrize("name", PAGES + ACTS)
def test_outsiders_learn_nothing(world: World, job: Job, name: str) -> None:
    address = reverse(name, args=[job.pk])
    for role in ("ml_engineer", "administrator"):
        client = world.outsider_client(role)
        assert (client.post(address) if name in ACTS else client.get(address)).status_code == 404


@pytest.mark.parametrize("name", PAGES + ACTS)
def test_anonymous_must_sign_in(world: World, job: Job, name: str) -> None:
    address = reverse(name, args=[job.pk])
    answer = world.anonymous().post(address) if name in ACTS else world.anonymous().get(address)
    assert answer.status_code == 302
    assert "/login/" in answer.url


def test_member_without_the_capability_sees_only_their_own(world: World, job: Job) -> None:
    own = make_job(world, world.user("annotator"))
    client = world.client("annotator")
    assert client.get(reverse("jobs:detail", args=[job.pk])).status_code == 403
    assert client.get(reverse("jobs:detail", args=[own.pk])).status_code == 200
    assert [shown.pk for shown in client.get(reverse("jobs:list")).context["page"]] == [own.pk]


def test_an_owner_who_left_the_project_sees_it_no_more(world: World, job: Job) -> None:
    world.user("ml_engineer").memberships.all().delete()
    assert world.client("ml_engineer").get(reverse("jobs:detail", args=[job.pk])).status_code == 404


def test_list_shows_the_projects_jobs_and_filters(world: World, job: Job) -> None:
    ended = make_job(world, None)
    Job.objects.filter(pk=ended.pk).update(state=JobState.FAILED, error="No disk space left.")
    client = world.client("pm")

    def shown(**query: object) -> list[int]:
        return [row.pk for row in client.get(reverse("jobs:list"), query).context["page"]]

    assert shown() == [ended.pk, job.pk]
    assert shown(state="failed") == [ended.pk]
    assert shown(state="no such state") == []
    assert shown(project=world.project.pk) == [ended.pk, job.pk]
    assert shown(project=world.other_project.pk) == []
    assert shown(project="٣", page="x") == [ended.pk, job.pk]
    assert world.outsider_client("pm").get(reverse("jobs:list")).context["page"].paginator.count == 0


def test_list_takes_a_bounded_number_of_queries(world: World, job: Job, django_assert_max_num_queries: object) -> None:
    for _ in range(10):
        make_job(world, world.user("pm"))
    client = world.client("pm")
    with django_assert_max_num_queries(16):
        client.get(reverse("jobs:list"))


def test_progress_shows_bar_speed_time_left_and_cancel(world: World, job: Job) -> None:
    running(job, done=100, total=400, unit="records", rate=2.5)
    html = world.client("ml_engineer").get(reverse("jobs:progress", args=[job.pk])).content.decode()
    assert 'max="400" value="100"' in html
    for text in (
        "100 of 400 records",
        "2.5 records/s",
        "about 2 minutes left",
        "Cancel",
        f"project:{world.project.pk}:job",
    ):
        assert text in html
    assert "style=" not in html


def test_colleagues_have_no_cancel_button_and_no_cancel(world: World, job: Job) -> None:
    client = world.client("pm")
    assert "Cancel" not in client.get(reverse("jobs:progress", args=[job.pk])).content.decode()
    assert client.post(reverse("jobs:cancel", args=[job.pk])).status_code == 403
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


@pytest.mark.parametrize("role", ["ml_engineer", "administrator"])
def test_owner_and_administrator_cancel(world: World, job: Job, role: str) -> None:
    running(job)
    answer = world.client(role).post(reverse("jobs:cancel", args=[job.pk]), follow=True)
    job.refresh_from_db()
    assert (answer.status_code, job.state, job.cancel_requested) == (200, JobState.RUNNING, True)
    assert "stopping…" in answer.content.decode()


def test_cancel_needs_post(world: World, job: Job) -> None:
    assert world.client("ml_engineer").get(reverse("jobs:cancel", args=[job.pk])).status_code == 405


def test_failed_job_shows_its_reason_and_can_be_tried_again(world: World, job: Job) -> None:
    claimed = running(job)
    log.append(job.pk, claimed.fence, "read <b>12</b> files")
    lease.fail(claimed, claimed.fence, "The disk is full.")
    client = world.client("ml_engineer")
    html = client.get(reverse("jobs:detail", args=[job.pk])).content.decode()
    assert "The disk is full." in html
    assert "read &lt;b&gt;12&lt;/b&gt; files" in html
    client.post(reverse("jobs:retry", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == (JobState.QUEUED, "", 0)


def test_retry_of_a_running_job_says_why_not(world: World, job: Job) -> None:
    running(job)
    answer = world.client("ml_engineer").post(reverse("jobs:retry", args=[job.pk]), follow=True)
    assert "Only a failed or cancelled job" in answer.content.decode()


def test_ended_fragment_fetches_no_more(world: World, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=JobState.SUCCEEDED, finished_at=timezone.now())
    html = world.client("pm").get(reverse("jobs:progress", args=[job.pk])).content.decode()
    assert "hx-trigger" not in html


def test_a_job_without_a_project_is_its_owners(world: World) -> None:
    job = job_enqueue(kind="test.steps", params={"steps": 1}, project=None, owner=world.user("pm"))
    address = reverse("jobs:detail", args=[job.pk])
    assert world.client("pm").get(address).status_code == 200
    assert world.client("administrator").get(address).status_code == 404
