"""A thread that keeps the lease of a light job and passes on a request to stop."""

from __future__ import annotations

from threading import Event, Thread
from types import TracebackType

from django.conf import settings
from django.db import connection

from pixelhub.jobs import lifeline
from pixelhub.jobs.leasewatch import LeaseWatch, Verdict
from pixelhub.jobs.models import Job

_LOOK_EVERY_SECONDS = 0.5


class Keeper:
    """Context manager: while inside, the lease is renewed; `stop` is set on cancel, loss or a stopping worker."""

    def __init__(self, job: Job, stop: Event) -> None:
        self._job = job
        self._stop = stop
        self._done = Event()
        self._thread = Thread(target=self._keep, name=f"keeper-{job.pk}", daemon=True)

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _keep(self) -> None:
        watch = LeaseWatch(self._job)
        try:
            while not self._done.wait(min(_LOOK_EVERY_SECONDS, settings.JOBS_LEASE_SECONDS / 4)):
                if lifeline.is_cut() or watch.look() is not Verdict.GO_ON:
                    self._stop.set()
        finally:
            connection.close()
