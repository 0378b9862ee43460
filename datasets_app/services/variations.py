"""The review of children: who looks at what, one answer for each, and the approved ones taken into the project.

Of two people who answer at once one stands: the row is locked and was decided already for the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from django.db import transaction
from django.utils import timezone

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats.record import REVIEW
from datasets_app.models import Augmentation, Record, Variation
from datasets_app.selectors_augmentation import approved_in, free_for
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

from .augmentation import augmentation_topic
from .augmentation_bring import bring_batches, bring_labels, bring_records
from .errors import AugmentationRefused
from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User
    from pixelhub.jobs.models import Job

HELD_FOR: Final = timedelta(minutes=20)
_TRIES: Final = 4
_State = Variation.State
_LONGEST_REASON: Final = 500


def variation_claim(*, project: Project, actor: User, after: Sequence[int] = ()) -> Variation | None:
    """Give this person the next child to look at: one they hold, else one on nobody's screen. None when none is left.

    `after` are those they have just passed over.
    """
    for _ in range(_TRIES):
        now = timezone.now()
        mine = free_for(actor, project, now).filter(holder=actor, held_until__gte=now).exclude(pk__in=after).first()
        found = mine or free_for(actor, project, now).exclude(pk__in=after).first()
        if found is None:
            return None
        held = free_for(actor, project, now).filter(pk=found.pk).order_by()
        if held.update(holder=actor, held_until=now + HELD_FOR):
            return found
    return None


def variation_pass(*, variation: Variation, actor: User) -> None:
    """Leave a child to somebody else."""
    Variation.objects.filter(pk=variation.pk, state=_State.WAITING, holder=actor).update(holder=None, held_until=None)


def variation_decide(
    *,
    variation: Variation,
    actor: User,
    answer: str,
    crisis_type: str = "",
    severity: int | None = None,
    reason: str = "",
) -> Variation:
    """Say of a child that its label "holds", that it is "changed" to another, or that it is "refused" as not usable.

    Raises AugmentationRefused when somebody has decided, for a label that is none or the same, and without a reason
    where one is needed.
    """
    reason = reason.strip()[:_LONGEST_REASON]
    with transaction.atomic():
        locked = Variation.objects.select_for_update(no_key=True).select_related("project").get(pk=variation.pk)
        if locked.state != _State.WAITING:
            raise AugmentationRefused("Somebody has decided this one already. Nothing was changed.")
        _check(locked, answer, crisis_type, severity, reason)
        locked.state = answer
        if answer == _State.CHANGED:
            locked.decided_type, locked.decided_severity = crisis_type, severity
        locked.reason = reason
        locked.decided_by, locked.decided_at = actor, timezone.now()
        locked.holder = locked.held_until = None
        locked.save()
        record(
            action="variation.decide",
            actor=actor,
            project=locked.project,
            target=locked,
            payload={
                "answer": answer,
                "strategy": locked.strategy,
                "kind": locked.kind,
                "from": [locked.crisis_type, locked.severity],
                "to": list(locked.label),
                "augmentation": locked.augmentation_id,
                "parent": locked.parent_id,
            },
        )
        touch(augmentation_topic(locked.project_id))
    return locked


def _check(locked: Variation, answer: str, crisis_type: str, severity: int | None, reason: str) -> None:
    if answer not in (_State.HOLDS, _State.CHANGED, _State.REFUSED):
        raise AugmentationRefused("Say whether the label holds, changes, or the conversation is not usable.")
    if answer != _State.HOLDS and not reason:
        raise AugmentationRefused("Say why in a few words: whoever looks at it later needs the reason.")
    if answer != _State.CHANGED:
        return
    if crisis_type not in taxonomy.CRISIS_TYPES:
        raise AugmentationRefused("Choose the crisis type that it has now.")
    none = crisis_type == taxonomy.NONE_TYPE
    if none != (severity is None) or (severity is not None and severity not in taxonomy.SEVERITIES):
        raise AugmentationRefused("A crisis has a severity from 1 to 5, and no crisis has none.")
    if (crisis_type, severity) == (locked.crisis_type, locked.severity):
        raise AugmentationRefused("That is the label it has. Say that the label holds, or choose another.")


def variations_bring(*, run: Augmentation, actor: User | None) -> Job:
    """Queue the taking in of a run's approved children. Raises AugmentationRefused where there are none."""
    with transaction.atomic():
        locked = Augmentation.objects.select_for_update(no_key=True).select_related("project").get(pk=run.pk)
        waiting = approved_in(locked)
        newest = waiting.order_by("-decided_at").first()
        if locked.state != Augmentation.State.DONE or newest is None or newest.decided_at is None:
            raise AugmentationRefused("No approved variation waits to be taken in.")
        job = job_enqueue(
            kind="dataset.variations",
            params={"augmentation": locked.pk},
            project=locked.project,
            owner=actor,
            # Asking twice for the same ones is one job.
            idempotency_key=f"variations-{locked.pk}-{newest.pk}-{newest.decided_at.timestamp():.6f}",
        )
        record(
            action="variation.bring",
            actor=actor,
            project=locked.project,
            target=locked,
            payload={"approved": waiting.count()},
        )
    return job


def variations_bring_run(*, augmentation_id: int, ctx: StepContext) -> dict[str, Any]:
    """Take in the approved children of a run, with the labels that reviewers gave. Safe to run again."""
    run = Augmentation.objects.select_related("project", "created_by").get(pk=augmentation_id)
    part = "approved"
    bring_batches(run=run, rows=_write(run, ctx.workdir / "rows.jsonl"), part=part, ctx=ctx)
    counts = bring_records(run=run, part=part, ctx=ctx)
    with ctx.step(note="publishing labels"):
        published = bring_labels(run=run, part=part)
        touch(augmentation_topic(run.project_id))
    return {**counts, "labels": sum(each.labels_count for each in published)}


def _write(run: Augmentation, path: Path) -> Path:
    """Write the approved rows that nobody has taken in, the mark of waiting off and the label as it was decided."""
    usable = Record.objects.filter(project=run.project_id, state=Record.State.ACTIVE).values("pk")
    with path.open("wb") as sink:
        for one in approved_in(run).filter(parent__in=usable).iterator(chunk_size=200):
            row = one.row
            row["crisis_type"], row["severity"] = one.label
            row["metadata"]["augmentation"] |= {REVIEW: "approved", "checked_by": "person", "answer": one.state}
            sink.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n")
    return path
