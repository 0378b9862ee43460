"""What the racing processes do; named by tests/imports/test_request_key.py."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from datasets_app.models import ImportBatch
from datasets_app.services import ImportOptions, imports_once
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import project_create
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from tests.personas import World


def prepare() -> list[int]:
    """A project and somebody who may import there."""
    world = World(
        project=project_create(slug="race", name="race"), other_project=project_create(slug="other", name="other")
    )
    return [world.project.pk, world.user("data_engineer").pk]


def ask(project_pk: int, person_pk: int, key: str) -> dict[str, Any]:
    """Send the same two files under a key."""
    batches, replayed = imports_once(
        key=key,
        project=Project.objects.get(pk=project_pk),
        actor=User.objects.get(pk=person_pk),
        options=ImportOptions("synthetic", "sarcasm"),
        files=[(BytesIO(b'{"text": "%d"}' % number), f"{number}.jsonl") for number in range(2)],
    )
    return {"ids": [batch.pk for batch in batches], "replayed": replayed}


def counted() -> list[int]:
    """Imports, their jobs, and their lines in the audit."""
    return [
        ImportBatch.objects.count(),
        Job.objects.filter(kind="dataset.import").count(),
        AuditEvent.objects.filter(action="import.start").count(),
    ]
