"""Generations of made-up conversations: asked for, made by a job that goes on after a kill, brought into records.

The rows stand in a table of their own, where people keep or reject them (`synthesis_review`); none of them is a record
before that. What came back as no conversation is kept as it came, with its reason.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction

from datasets_app.corpus.synthesis.backends import BACKENDS, TEMPLATES, Made, Run, rules_on
from datasets_app.corpus.synthesis.choice import backend_named
from datasets_app.corpus.synthesis.endpoint import EndpointError, EndpointUnavailable
from datasets_app.corpus.synthesis.plan import Plan
from datasets_app.model_endpoint import synthesis_services
from datasets_app.models import SynthesisBatch, SynthesisRow
from pixelhub.audit.services import record
from pixelhub.jobs.base import JobAttemptFailed, JobContext, JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

from .errors import SynthesisRefused

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User

MAX_COUNT: Final = 20_000
_CHUNK: Final = 100
# A model writes a row in seconds: what it wrote is kept at least this often.
_KEEP_EVERY_S: Final = 2.0
_MAX_RAW: Final = 200_000


def synthesis_topic(project_id: int) -> str:
    """What pages about generations listen to."""
    return f"project:{project_id}:synthesis"


def synthesis_start(
    *,
    project: Project,
    actor: User | None,
    plan: Plan,
    backend: str,
    request_key: str,
    sample_size: int = 0,
) -> SynthesisBatch:
    """Queue a generation; `sample_size` 0 has every row read by a person, otherwise so many, drawn by chance.

    The same `request_key` returns the generation that it began before. Raises SynthesisRefused for more than 20,000
    rows, a sample larger than the batch, and a backend that is not configured.
    """
    if plan.count > MAX_COUNT:
        raise SynthesisRefused(f"A batch holds at most {MAX_COUNT:,} conversations.")
    if not 0 <= sample_size <= plan.count:
        raise SynthesisRefused("The sample can't be larger than the batch.")
    if backend not in BACKENDS:
        raise SynthesisRefused(f"Choose one of {', '.join(BACKENDS.values())}.")
    if lacking := synthesis_services().missing(backend):
        raise SynthesisRefused(f"{BACKENDS[backend]} is not set up here: {lacking} is missing.")
    mine = SynthesisBatch.objects.filter(project=project, request_key=request_key)
    if begun := mine.first():
        return begun
    try:
        return _start(project, actor, plan, backend, request_key, sample_size)
    except IntegrityError:
        # The same form was sent twice at once: the first one began it.
        return mine.get()


def _start(
    project: Project, actor: User | None, plan: Plan, backend: str, request_key: str, sample_size: int
) -> SynthesisBatch:
    with transaction.atomic():
        batch = SynthesisBatch.objects.create(
            project=project,
            backend=backend,
            plan=plan.as_dict(),
            count=plan.count,
            review=SynthesisBatch.Review.SAMPLE if sample_size else SynthesisBatch.Review.ALL,
            sample_size=sample_size,
            request_key=request_key,
            created_by=actor,
        )
        batch.job = job_enqueue(
            kind="dataset.synthesis",
            params={"batch": batch.pk},
            project=project,
            owner=actor,
            idempotency_key=f"synthesis-{batch.pk}",
        )
        batch.save(update_fields=["job"])
        record(
            action="synthesis.start",
            actor=actor,
            project=project,
            target=batch,
            payload={"backend": backend, "sample_size": sample_size, "plan": batch.plan},
        )
        touch(synthesis_topic(project.pk))
    return batch


def synthesis_run(*, batch_id: int, ctx: JobContext) -> dict[str, Any]:
    """Make what is missing of a batch, from its last committed row on. Returns the counts.

    Raises JobError where the backend can't be used, JobAttemptFailed where it may answer later.
    """
    batch = SynthesisBatch.objects.select_related("project", "created_by").get(pk=batch_id)
    if batch.state == SynthesisBatch.State.DONE:
        return _counts(batch)
    with ctx.step():
        SynthesisBatch.objects.filter(pk=batch.pk).update(state=SynthesisBatch.State.RUNNING, error="")
        touch(synthesis_topic(batch.project_id))
    try:
        _make(batch, ctx)
    except EndpointUnavailable as error:
        raise JobAttemptFailed(str(error)) from None
    except (EndpointError, ValueError) as error:
        raise JobError(str(error)) from None
    return _finish(batch, ctx)


def synthesis_fail(*, batch_id: int, reason: str) -> None:
    """Note why a generation ended before its end; it can be tried again and goes on."""
    open_ones = SynthesisBatch.objects.filter(pk=batch_id).exclude(state=SynthesisBatch.State.DONE)
    open_ones.update(state=SynthesisBatch.State.FAILED, error=reason)


def _make(batch: SynthesisBatch, ctx: JobContext) -> None:
    plan = Plan.of(batch.plan)
    keeping = _Keeping(batch, plan, ctx)
    run = Run(
        start=keeping.done,
        before=() if batch.backend == TEMPLATES else _messages(batch),
        beat=keeping.beat,
        remember=keeping.remember,
        remembered=batch.remembered,
    )
    for made in backend_named(batch.backend, synthesis_services()).make(plan, run):
        keeping.take_up(made)
    keeping.commit_rows()


def _messages(batch: SynthesisBatch) -> Iterator[list[dict[str, str]]]:
    rows = batch.rows.exclude(state=SynthesisRow.State.BROKEN).order_by("number")
    for sample in rows.values_list("sample", flat=True).iterator():
        yield sample["conversation"]


class _Keeping:
    """Writes the rows of a run in steps: rows, counts, progress and heartbeat commit together."""

    def __init__(self, batch: SynthesisBatch, plan: Plan, ctx: JobContext) -> None:
        self.done = batch.rows.count()
        self._batch = batch
        self._ctx = ctx
        self._drawn = _drawn(batch, plan)
        self._rows: list[SynthesisRow] = []
        self._kept_at = time.monotonic()

    def beat(self) -> None:
        self._ctx.beat()

    def remember(self, remembered: str) -> None:
        """Keep a string of the backend's, with everything that was made before it."""
        self.commit_rows(remembered)

    def take_up(self, made: Made) -> None:
        self._rows.append(_row(self._batch, made, self._drawn))
        if len(self._rows) >= _CHUNK or time.monotonic() - self._kept_at >= _KEEP_EVERY_S:
            self.commit_rows()

    def commit_rows(self, remembered: str | None = None) -> None:
        done = self.done + len(self._rows)
        with self._ctx.step(done=done, total=self._batch.count, unit="conversations"):
            SynthesisRow.objects.bulk_create(self._rows)
            batch = SynthesisBatch.objects.filter(pk=self._batch.pk)
            broken = self._batch.rows.filter(state=SynthesisRow.State.BROKEN).count()
            batch.update(made=done - broken, broken=broken)
            if remembered is not None:
                batch.update(remembered=remembered)
            touch(synthesis_topic(self._batch.project_id))
        self.done, self._rows, self._kept_at = done, [], time.monotonic()


def _drawn(batch: SynthesisBatch, plan: Plan) -> set[int] | None:
    """The numbers of the rows that people look at, drawn before there is a row; None for all."""
    if batch.review == SynthesisBatch.Review.ALL:
        return None
    rng = random.Random(f"review:{batch.pk}:{plan.seed}")  # noqa: S311 - repeatable by design, no secret
    return set(rng.sample(range(plan.count), min(batch.sample_size, plan.count)))


def _row(batch: SynthesisBatch, made: Made, drawn: set[int] | None) -> SynthesisRow:
    if made.row is None:
        return SynthesisRow(
            batch=batch,
            number=made.number,
            state=SynthesisRow.State.BROKEN,
            reason=made.reason,
            note=made.detail[:300],
            raw=made.raw.replace("\x00", "")[:_MAX_RAW],
        )
    metadata = made.row["metadata"]
    heard = rules_on(made.row)
    to_read = drawn is None or made.number in drawn
    return SynthesisRow(
        batch=batch,
        number=made.number,
        state=SynthesisRow.State.WAITING if to_read else SynthesisRow.State.NOT_DRAWN,
        sample=made.row,
        crisis_type=made.row["crisis_type"],
        severity=made.row["severity"],
        difficulty=metadata["difficulty"],
        family=metadata["scenario_family"],
        category=metadata.get("category", ""),
        style=metadata["role_play_style"],
        is_edge_case=made.row["is_edge_case"],
        near_copy=bool(metadata.get("near_copy")),
        rules_type=heard["type"],
        rules_severity=heard["severity"],
        rules_agree=heard["agree"],
    )


def _finish(batch: SynthesisBatch, ctx: JobContext) -> dict[str, Any]:
    with ctx.step(done=batch.count, total=batch.count, unit="conversations"):
        changed = (
            SynthesisBatch.objects.filter(pk=batch.pk)
            .exclude(state=SynthesisBatch.State.DONE)
            .update(state=SynthesisBatch.State.DONE, remembered="")
        )
        batch.refresh_from_db()
        if changed:
            record(
                action="synthesis.finish",
                actor=batch.created_by,
                project=batch.project,
                target=batch,
                payload=_counts(batch),
            )
            touch(synthesis_topic(batch.project_id))
    return _counts(batch)


def _counts(batch: SynthesisBatch) -> dict[str, Any]:
    return {"batch": batch.pk, "made": batch.made, "broken": batch.broken}
