"""What may be asked for, and that asking twice with one key is asking once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django_q.models import OrmQ

from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job, JobState
from pixelhub.jobs.params import ParamsInvalid
from pixelhub.jobs.registry import JobHandler, register
from pixelhub.jobs.services import job_enqueue
from tests.jobs.rig import Rig
from tests.personas import World

BAD_PARAMS = {
    "text": {"text": "x" * 301},
    "NUL": {"name": "a\x00b"},
    "surrogate": {"name": "\ud800"},
    "NaN": {"rate": float("nan")},
    "huge integer": {"n": 10**30},
    "object": {"who": object()},
    "too deep": {"a": {"b": {"c": {"d": {"e": 1}}}}},
    "too large": {f"key{n}": "y" * 200 for n in range(60)},
}


@pytest.mark.parametrize("name", BAD_PARAMS)
def test_params_are_ids_and_short_strings(db: None, name: str) -> None:
    with pytest.raises(ParamsInvalid) as refused:
        job_enqueue(kind="test.steps", params=BAD_PARAMS[name], project=None, owner=None)
    assert "xxx" not in str(refused.value)
    assert not Job.objects.exists()


def test_unknown_kind_is_refused(db: None) -> None:
    with pytest.raises(LookupError):
        job_enqueue(kind="nobody.knows", params={}, project=None, owner=None)


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ImproperlyConfigured, match="registered by"):

        @register
        class Another(JobHandler):
            kind, label = "test.steps", "Another"

            def run(self, ctx: Any) -> None:
                return None


def test_the_same_key_is_the_same_job(world: World) -> None:
    def ask(key: str) -> Job:
        return job_enqueue(
            kind="test.steps",
            params={"steps": 1},
            project=world.project,
            owner=world.user("pm"),
            idempotency_key=key,
        )

    assert ask("a").pk == ask("a").pk != ask("b").pk
    assert AuditEvent.objects.filter(action="job.enqueue").count() == 2


def test_the_queue_carries_an_id_and_nothing_else(rig: Rig) -> None:
    job = rig.enqueue("test.steps", steps=1, name="a name that stays in the row")
    task = OrmQ.objects.get().task
    assert (task["func"], task["args"], task["kwargs"]) == ("pixelhub.jobs.delivery.deliver", (job.pk,), {})
    assert (job.state, Job.objects.get().deliveries) == (JobState.QUEUED, 1)
