"""The demo workspace: people at once, the rest by a job that may die and start again."""

from typing import Any

import pytest
from django.core.management import call_command

from annotation.models import Annotation, Round
from datasets_app.models import Record, Release
from pixelhub.accounts.demo import DEMO_LOGINS, DEMO_PASSWORD
from pixelhub.accounts.models import Project, User
from pixelhub.audit.selectors import chain_verify
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from review.demo import job as demo
from training_app.models import TrainingRun

COUNT = 60


@pytest.fixture
def small(settings: Any) -> None:
    settings.DEMO = True
    settings.DEMO_CONVERSATIONS = COUNT


@pytest.mark.django_db
def test_everybody_can_sign_in_before_anything_else_is_there(small: None, client: Any) -> None:
    call_command("demo_prepare", people_only=True)
    call_command("demo_prepare", people_only=True)
    assert Job.objects.count() == 0
    assert Project.objects.get().is_demo
    for login in DEMO_LOGINS:
        assert User.objects.get(username=login.username).check_password(DEMO_PASSWORD)
    simulated = User.objects.filter(is_simulated=True)
    assert simulated.exists() and not any(user.has_usable_password() for user in simulated)


@pytest.mark.django_db(transaction=True)
def test_the_job_fills_the_workspace_once_even_when_it_is_killed_between_stages(
    small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = demo._compile_release

    def dies_first_time(*args: Any) -> None:
        monkeypatch.setattr(demo, "_compile_release", original)
        raise ConnectionError("killed here")

    monkeypatch.setattr(demo, "_compile_release", dies_first_time)
    call_command("demo_prepare")
    call_command("demo_prepare")
    job = Job.objects.get(kind="demo.prepare")
    run_inline(job)
    assert (job.state, job.attempts) == ("succeeded", 2), job.error
    assert Record.objects.count() == COUNT + demo.TO_LABEL
    assert dict(Round.objects.values_list("name", "simulated")) == {"Simulated round": True, "Your first round": False}
    assert Annotation.objects.count() == 2 * COUNT
    assert not Annotation.objects.filter(annotator__is_simulated=False).exists()
    assert Release.objects.get().state == Release.State.PUBLISHED
    run = TrainingRun.objects.get()
    assert run.job is not None and run.job.state == "queued"
    assert chain_verify().ok
