"""A job that runs while the database goes away, and how it ended; called in a hub's configuration."""

from __future__ import annotations

import json
import time
from io import BytesIO
from typing import Any

from benchmarks.labelling_texts import conversation
from datasets_app.models import ImportBatch
from datasets_app.services import import_start
from pixelhub.accounts.models import Project
from pixelhub.jobs.models import FINAL_STATES, Job

ENOUGH_SECONDS = 120.0


def begin_import(project: int, rows: int) -> int:
    """Queue an import of so many conversations; returns its batch once a worker is at it. Raises TimeoutError."""
    lines = "\n".join(json.dumps({"messages": conversation(number)}) for number in range(rows))
    batch = import_start(
        project=Project.objects.get(pk=project), source="synthetic", family="sarcasm", file=BytesIO(lines.encode()),
        file_name="outage.jsonl", actor=None,
    )  # fmt: skip
    _wait(batch.job_id, lambda job: job.state != Job.State.QUEUED)
    return batch.pk


def how_it_ended(batch: int) -> dict[str, Any]:
    """State, attempts and counts of an import once it has ended. Raises TimeoutError."""
    found = ImportBatch.objects.get(pk=batch)
    job = _wait(found.job_id, lambda job: job.state in FINAL_STATES)
    found.refresh_from_db()
    counts = {"read": found.read, "accepted": found.accepted, "duplicates": found.duplicates}
    return {"state": job.state, "attempts": job.attempts, **counts}


def _wait(job: int | None, is_reached: Any) -> Job:
    until = time.monotonic() + ENOUGH_SECONDS
    while time.monotonic() < until:
        found = Job.objects.get(pk=job)
        if is_reached(found):
            return found
        time.sleep(0.1)
    raise TimeoutError(f"job {job} is {found.state} after {ENOUGH_SECONDS:.0f} s")
