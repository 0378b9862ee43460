"""What `worker_kills` does to a worker and looks at afterwards; imported once Django looks at the right database."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reliability import worker_jobs
from pixelhub.audit.selectors import chain_verify
from pixelhub.jobs.models import FINAL_STATES, Job, JobState
from tests.e2e.hubrig import HubRig

RESUME_SECONDS = 30.0
PARALLEL = {"compile": 3, "training": 2}
# Seconds between two faults, drawn evenly.
GAPS = {"compile": (0.3, 5.0), "training": (0.5, 8.0)}
KINDS = ("job killed", "job frozen", "guard killed", "clusters killed", "worker killed", "worker frozen")
_LOOK_SECONDS = 0.1
_LONGEST_SECONDS = 600.0
# So much for each fault besides: gap, recovery and the work that it costs, on a machine that has other work.
_FAULT_SECONDS = 30.0


@dataclass
class Fault:
    """One fault, and which job it met: the fence under which that one ran, and when somebody was at it again."""

    kind: str
    job: int
    fence: int
    at: float
    resumed_after: float | None = None


@dataclass
class Outcome:
    """What the faults did."""

    faults: dict[str, int] = field(default_factory=dict)
    jobs: int = 0
    succeeded: int = 0
    failed_with_reason: int = 0
    problems: list[str] = field(default_factory=list)
    longest_until_resumed_seconds: float = 0.0
    seconds: float = 0.0
    holds: bool = False


def disturb(
    job: str, url: str, folder: Path, *, faults: int, seed: int, lease_seconds: float, kinds: tuple[str, ...] = KINDS
) -> Outcome:
    """Queue jobs and break things until so many faults are spent, wait for all to end, and look."""
    began = time.monotonic()
    work = worker_jobs.WORKS[job]()
    rig = HubRig(url, folder, JOBS_LEASE_SECONDS=str(lease_seconds), **worker_jobs.ENVIRONMENT[job])
    rig.queue = work.queue
    saboteur = Saboteur(rig, random.Random(seed), lease_seconds, kinds)
    jobs: list[Job] = []
    try:
        rig.start()
        _run(saboteur, work, jobs, faults, job)
        rig.stop()
    finally:
        rig.end()
    for row in jobs:
        row.refresh_from_db()
    resumed = [fault.resumed_after or 0.0 for fault in saboteur.faults]
    states = Counter(row.state for row in jobs)
    problems = [
        *work.problems(jobs),
        *(f"job {row.pk} failed without a reason" for row in jobs if row.state == JobState.FAILED and not row.error),
        *chain_verify().problems,
    ]
    longest = max(resumed, default=0.0)
    return Outcome(
        faults=dict(Counter(fault.kind for fault in saboteur.faults)),
        jobs=len(jobs),
        succeeded=states[JobState.SUCCEEDED],
        failed_with_reason=states[JobState.FAILED],
        problems=problems,
        longest_until_resumed_seconds=round(longest, 1),
        seconds=round(time.monotonic() - began, 1),
        holds=not problems and longest <= lease_seconds + RESUME_SECONDS and states[JobState.SUCCEEDED] > 0,
    )


def _run(saboteur: Saboteur, work: worker_jobs.Work, jobs: list[Job], faults: int, job: str) -> None:
    longest = _LONGEST_SECONDS + faults * _FAULT_SECONDS
    deadline = time.monotonic() + longest
    next_at = 0.0
    while time.monotonic() < deadline:
        for row in jobs:
            if row.state not in FINAL_STATES:
                row.refresh_from_db()
        spent = len(saboteur.faults) >= faults
        going = [row for row in jobs if row.state not in FINAL_STATES]
        saboteur.settle({row.pk: row for row in jobs})
        if spent and not going:
            return
        if not spent and len(going) < PARALLEL[job]:
            jobs.append(work.queued(len(jobs)))
        at_work = [row for row in going if row.state == JobState.RUNNING]
        if not spent and at_work and time.monotonic() >= next_at and saboteur.strike(at_work):
            next_at = time.monotonic() + saboteur.random.uniform(*GAPS[job])
        time.sleep(_LOOK_SECONDS)
    raise TimeoutError(f"the jobs did not end within {longest:.0f} s; log: {saboteur.rig.log}")


class Saboteur:
    """Breaks a worker, one thing at a time, and notes when its jobs go on."""

    def __init__(self, rig: HubRig, rng: random.Random, lease_seconds: float, kinds: tuple[str, ...]) -> None:
        self.rig, self.random, self._lease, self._kinds = rig, rng, lease_seconds, kinds
        self.faults: list[Fault] = []
        self._frozen_until: float | None = None
        self._acts: dict[str, Callable[[Job], bool]] = {
            "job killed": lambda job: self._send(signal.SIGKILL, self._of(job, guard=False)),
            "job frozen": lambda job: self._send(signal.SIGSTOP, self._of(job, guard=False)),
            "guard killed": lambda job: self._send(signal.SIGKILL, self._of(job, guard=True)),
            "clusters killed": lambda job: self._send(signal.SIGKILL, self.rig.pids_of("run_cluster")),
            "worker killed": self._kill_worker,
            "worker frozen": self._freeze_worker,
        }

    def strike(self, at_work: list[Job]) -> bool:
        """One fault, of a kind and to a running job that are drawn; false where its process is not there (yet)."""
        if self._frozen_until is not None:
            return False
        kind, victim = self.random.choice(self._kinds), self.random.choice(at_work)
        struck_at = time.monotonic()
        # A row may say "running" while nobody is at it, after the fault before: that would be none in mid work.
        if not self._of(victim, guard=False) or not self._acts[kind](victim):
            return False
        self.faults.append(Fault(kind, victim.pk, victim.fence, struck_at))
        sys.stderr.write(f"{len(self.faults)}: {kind}, job {victim.pk}, attempt {victim.attempts}\n")
        return True

    def settle(self, jobs: dict[int, Job]) -> None:
        """Wake what stood still long enough, and note which jobs somebody works on again."""
        if self._frozen_until is not None and time.monotonic() >= self._frozen_until:
            self._frozen_until = None
            self._send(signal.SIGCONT, list(self.rig.processes()))
        for fault in self.faults:
            job = jobs[fault.job]
            replaced = job.state == JobState.RUNNING and job.fence > fault.fence
            if fault.resumed_after is None and (replaced or job.state in FINAL_STATES):
                fault.resumed_after = time.monotonic() - fault.at

    def _of(self, job: Job, *, guard: bool) -> list[int]:
        processes = self.rig.processes().items()
        return [pid for pid, line in processes if f"run_job {job.pk} " in line and ("guard.py" in line) == guard]

    def _send(self, number: int, pids: list[int]) -> bool:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        return bool(pids)

    def _kill_worker(self, job: Job) -> bool:
        self.rig.kill_everything()
        self.rig.start()
        return True

    def _freeze_worker(self, job: Job) -> bool:
        self._frozen_until = time.monotonic() + 1.5 * self._lease
        return self._send(signal.SIGSTOP, list(self.rig.processes()))
