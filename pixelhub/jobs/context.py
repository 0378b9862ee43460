"""What a running job is given: parameters, progress, steps that commit once, a log, a folder, child processes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.jobs import lease, log
from pixelhub.jobs.errors import JobCancelled, JobError, JobLost
from pixelhub.jobs.models import Job
from pixelhub.jobs.output import run_lines
from pixelhub.jobs.progress import RateMeter
from pixelhub.jobs.topics import touch_progress

_WRITE_EVERY_SECONDS = 0.5
_MAX_CHECKPOINT_BYTES = 256 * 1024


class JobContext:
    """Handed to `JobHandler.run`. Anything here may raise JobCancelled or JobLost: let them pass."""

    def __init__(self, job: Job, *, stop: Event | None = None) -> None:
        self.job = job
        self.params: dict[str, Any] = job.params
        self._fence = job.fence
        self._stop = stop or Event()
        self._checkpoint = _verified_checkpoint(job)
        self._meter = RateMeter()
        self._unwritten: dict[str, Any] = {}
        self._written_at = float("-inf")

    @property
    def checkpoint(self) -> dict[str, Any]:
        """The checkpoint of the last committed step; {} on the first attempt."""
        return self._checkpoint

    @property
    def workdir(self) -> Path:
        """A local folder that stays over attempts on this machine and goes when the job succeeds."""
        folder = workdir_of(self.job)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def progress(self, done: int, total: int | None = None, *, unit: str = "", note: str = "") -> None:
        """Say how far the work is; written twice a second at most. Raises JobCancelled or JobLost."""
        self._note_progress(done, total, unit, note)
        if self._stop.is_set():
            raise JobCancelled
        if monotonic() - self._written_at >= _WRITE_EVERY_SECONDS:
            self.flush()
            self._refuse_if_cancelled()

    def flush(self) -> None:
        """Write the last progress and extend the lease. Raises JobLost."""
        with transaction.atomic():
            self._write(**self._unwritten)
        self._unwritten = {}

    def beat(self) -> None:
        """Extend the lease without progress, a few times per lease at most. Raises JobCancelled or JobLost."""
        if self._stop.is_set():
            raise JobCancelled
        if monotonic() - self._written_at >= min(1.0, settings.JOBS_LEASE_SECONDS / 4):
            self.flush()
            self._refuse_if_cancelled()

    @contextmanager
    def step(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        checkpoint: dict[str, Any] | None = None,
        unit: str = "",
        note: str = "",
    ) -> Iterator[None]:
        """A transaction: what is written inside, the checkpoint and the heartbeat commit together or not at all.

        `checkpoint` is read when the block ends, so it may be filled inside. The fence is checked last: a worker
        that lost its lease in the middle rolls everything back (JobLost).
        """
        if self._stop.is_set():
            raise JobCancelled
        if done is not None:
            self._note_progress(done, total, unit, note)
        with transaction.atomic(durable=True):
            yield
            fields = dict(self._unwritten)
            if checkpoint is not None:
                fields |= _checkpoint_fields(checkpoint)
            self._write(**fields)
        self._unwritten = {}
        if checkpoint is not None:
            self._checkpoint = json.loads(fields["checkpoint_json"])
        self._refuse_if_cancelled()

    def log(self, line: str) -> None:
        """Add a line to the job's log (no conversation text). Raises JobLost."""
        if not log.append(self.job.pk, self._fence, line):
            raise JobLost

    def run_child(
        self,
        argv: list[str],
        *,
        on_line: Callable[[str], None] | None = None,
        on_tick: Callable[[int], None] | None = None,
    ) -> int:
        """Run a program, hand each line of its output to `on_line`, and return its exit code.

        `on_tick` is called several times a second with the process id above everything the program started.
        It dies with us and with all it started; a cancelled job asks it to stop, then kills it.
        """

        def tick(pid: int) -> None:
            self.beat()
            if on_tick is not None:
                on_tick(pid)

        return run_lines(argv, on_line=on_line, tick=tick)

    def _note_progress(self, done: int, total: int | None, unit: str, note: str) -> None:
        self._unwritten |= {"done": done, "rate": self._meter.add(done), "note": note[:200]}
        if total is not None:
            self._unwritten["total"] = total
        if unit:
            self._unwritten["unit"] = unit[:40]

    def _write(self, **fields: Any) -> None:
        if fields:
            fields["updated_at"] = timezone.now()
        if not lease.held(self.job.pk, self._fence).update(lease_until=lease.lease_end(), **fields):
            raise JobLost
        self._written_at = monotonic()
        if fields:
            touch_progress(project_id=self.job.project_id, job_id=self.job.pk)

    def _refuse_if_cancelled(self) -> None:
        if lease.held(self.job.pk, self._fence).filter(cancel_requested=True).exists():
            raise JobCancelled


def workdirs() -> Path:
    """Where this machine keeps the folders of jobs."""
    return Path(settings.VAR_DIR) / "jobs"


def workdir_of(job: Job) -> Path:
    return workdirs() / str(job.pk)


def remove_workdir(job: Job) -> None:
    shutil.rmtree(workdir_of(job), ignore_errors=True)


def _checkpoint_fields(checkpoint: dict[str, Any]) -> dict[str, Any]:
    encoded = canonical_json(checkpoint)
    if len(encoded) > _MAX_CHECKPOINT_BYTES:
        raise JobError("The checkpoint of this job is too large; large state belongs in files.")
    return {"checkpoint_json": encoded.decode(), "checkpoint_sha256": sha256_hex(encoded)}


def _verified_checkpoint(job: Job) -> dict[str, Any]:
    if job.checkpoint_json and sha256_hex(job.checkpoint_json.encode()) != job.checkpoint_sha256:
        raise JobError("The checkpoint of this job was changed after it was written; start a new job.")
    return job.checkpoint
