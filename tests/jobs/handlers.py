"""Jobs whose effects can be counted. Worker processes load this module by PIXELHUB_TEST_HANDLERS."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from django.db import connection

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register

CREATE_EFFECTS = "CREATE TABLE test_effect (job BIGINT NOT NULL, step INTEGER NOT NULL, fence BIGINT NOT NULL)"
SECRET = "a sentence that nobody may log"


def add_effect(ctx: JobContext, step: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO test_effect (job, step, fence) VALUES (%s, %s, %s)", [ctx.job.pk, step, ctx.job.fence]
        )


def effects_of(job_id: int) -> list[int]:
    """The steps whose effect is committed, in order, repeated ones repeated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT step FROM test_effect WHERE job = %s ORDER BY step", [job_id])
        return [row[0] for row in cursor.fetchall()]


def take_steps(ctx: JobContext) -> dict[str, Any]:
    """Step after step; a job that is `held` takes its last one when the test lets it go (Rig.let_go)."""
    steps, work_seconds = ctx.params["steps"], ctx.params.get("work", 0.0)
    for step in range(ctx.checkpoint.get("next", 0), steps):
        while ctx.params.get("held") and step == steps - 1 and not (ctx.workdir / "go").exists():
            ctx.beat()
            time.sleep(0.02)
        with ctx.step(done=step + 1, total=steps, checkpoint={"next": step + 1}, unit="steps"):
            add_effect(ctx, step)
        time.sleep(work_seconds)  # stands for work between commits
    return {"steps": steps}


@register
class Steps(JobHandler):
    # A lease of two seconds lapses now and then on a busy machine: that must not use the attempts up.
    kind, label, max_attempts = "test.steps", "Count to a number", 100

    def run(self, ctx: JobContext) -> dict[str, Any]:
        return take_steps(ctx)


@register
class LightSteps(JobHandler):
    kind, label, heavy, max_attempts = "test.light", "Count inside the worker", False, 100

    def run(self, ctx: JobContext) -> dict[str, Any]:
        return take_steps(ctx)


@register
class Poison(JobHandler):
    kind, label = "test.poison", "Kill whoever runs this"

    def run(self, ctx: JobContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@register
class Quiet(JobHandler):
    kind, label = "test.quiet", "Work for long without a word"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Says nothing until the file in its folder appears; deaf to SIGTERM meanwhile."""
        with ctx.step(done=1, total=2, checkpoint={"next": 1}):
            add_effect(ctx, 0)
        wait_for_file(ctx.workdir / "go")
        with ctx.step(done=2, total=2, checkpoint={"next": 2}):
            add_effect(ctx, 1)
        return {}


@register
class Parent(JobHandler):
    kind, label = "test.parent", "Run a program that starts a program"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        sleeper = "import time; time.sleep(600)"
        program = (
            "import subprocess, sys, time;"
            f"p = subprocess.Popen([sys.executable, '-c', {sleeper!r}], start_new_session=True);"
            "print('grandchild', p.pid, flush=True); time.sleep(600)"
        )
        return {"code": ctx.run_child([sys.executable, "-c", program], on_line=ctx.log)}


@register
class Unstored(JobHandler):
    kind, label = "test.unstored", "Count without storing"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        for done in range(ctx.params["count"]):
            ctx.progress(done + 1, ctx.params["count"], unit="things")
        ctx.log(f"counted {ctx.params['count']}")
        return {"count": ctx.params["count"]}


@register
class Paced(JobHandler):
    kind, label = "test.paced", "Count as the test allows"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """One more for each file go1, go2, … that appears in the job's folder."""
        for done in range(1, ctx.params["count"] + 1):
            while not (ctx.workdir / f"go{done}").exists():
                ctx.beat()
                time.sleep(0.02)
            with ctx.step(done=done, total=ctx.params["count"], unit="things"):
                ctx.log(f"counted {done}")
        return {"count": ctx.params["count"]}


@register
class Unexpected(JobHandler):
    kind, label = "test.unexpected", "Meet an error nobody thought of"

    def run(self, ctx: JobContext) -> None:
        raise ValueError(SECRET)


@register
class Refused(JobHandler):
    kind, label = "test.refused", "Fail for a known reason"

    def run(self, ctx: JobContext) -> None:
        raise JobError("The file has no header line.")


def wait_for_file(path: Path) -> None:
    while not path.exists():
        time.sleep(0.02)
