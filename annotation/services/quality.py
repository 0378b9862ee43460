"""Finished work reviewed again: drawn, judged, answered. Nothing here changes a label."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.db import transaction
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import sections
from annotation.labels import check_decision, clean_text
from annotation.models import Annotation, Batch, QualityReview, Round
from annotation.quality_sampling import Candidate, draw
from annotation.selectors_quality import feedback_for, finished_labels
from annotation.selectors_relabel import LABELLED_FOR_DATA
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

Verdict = QualityReview.Verdict


@dataclass(frozen=True)
class Finding:
    """What a reviewer says about a label: agreed, or what they would have chosen, by which section, and why."""

    verdict: str
    crisis_type: str = ""
    severity: int | None = None
    guideline_section: str = ""
    comment: str = ""


def quality_draw(
    *,
    round: Round,
    actor: User,
    batch: Batch | None = None,
    count: int | None = None,
    share: float | None = None,
    seed: int = 0,
    oversample: bool = False,
) -> int:
    """Draw finished labels for review: `count` of them, or a `share` (0 to 1) of those not drawn yet.

    Stratified by annotator and type, seeded; never labels of the person who draws. `oversample` draws immediate harm
    and low confidence more often (the report projects back to all labels). Returns how many were drawn. Raises
    `NotAllowed` for others than QA and the clinical lead, `Invalid` for an impossible size, `Refused` when nothing
    is left to draw.
    """
    _check_reviewer(actor, round)
    if (count is None) == (share is None):
        raise Invalid("size", "Say how many labels to draw, or which share of them.")
    if count is not None and count < 1:
        raise Invalid("size", "Draw at least one label.")
    if share is not None and not 0 < share <= 1:  # NaN fails too
        raise Invalid("size", "The share lies above 0 and goes to 1.")
    if batch is not None and batch.round_id != round.pk:
        raise Invalid("batch", "That batch belongs to another round.")
    if round.kind not in LABELLED_FOR_DATA:
        raise Invalid("kind", "Practice and qualification are compared with the experts' labels already.")
    with transaction.atomic():
        # Behind the round's lock, so that two draws at once take different labels.
        Round.objects.select_for_update(no_key=True).get(pk=round.pk)
        left = finished_labels(round, batch).filter(quality_review__isnull=True).exclude(annotator=actor)
        rows = left.order_by("pk").values_list("pk", "annotator", "crisis_type", "confidence")
        candidates = [Candidate(*row) for row in rows]
        if not candidates:
            raise Refused("nothing_to_draw", "Every finished label is drawn already, or there is none yet.")
        size = count if count is not None else ceil(share * len(candidates))  # type: ignore[operator]
        drawn = draw(candidates, size, seed=seed, oversample=oversample)
        batches = dict(Annotation.objects.filter(pk__in=left.values("pk")).values_list("pk", "item__batch"))
        QualityReview.objects.bulk_create(
            (QualityReview(annotation_id=pk, batch_id=batches[pk], drawn_by=actor) for pk in drawn), batch_size=500
        )
        payload = {"batch": batch.number if batch else None, "labels": len(drawn), "of": len(candidates)}
        record(
            action="quality.draw",
            actor=actor,
            project=round.project,
            target=round,
            payload={**payload, "seed": seed, "oversample": oversample},
        )
        touch(f"project:{round.project_id}:rounds")
    return len(drawn)


def quality_review(*, review: QualityReview, actor: User, finding: Finding) -> QualityReview:
    """Give a verdict; the reviewer may correct it until the annotator has read it. The label stays as it is.

    Raises `NotAllowed` for one's own label, `Refused` when somebody else judged it meanwhile.
    """
    round = review.annotation.item.round
    _check_reviewer(actor, round)
    if review.annotation.annotator_id == actor.pk:
        raise NotAllowed("own_label", "This is your own label; somebody else must review it.")
    values = _checked(finding, round)
    with transaction.atomic():
        locked = QualityReview.objects.select_for_update(of=("self",), no_key=True).get(pk=review.pk)
        if locked.verdict != Verdict.PENDING and locked.reviewer_id != actor.pk:
            raise Refused("reviewed_already", "Somebody else reviewed this label just now.")
        if locked.read_at is not None:
            raise Refused("read_already", "The annotator has read this finding; it stays as it was read.")
        label = Annotation.objects.get(pk=locked.annotation_id)
        if locked.verdict == Verdict.PENDING:
            locked.revision = label.revision
        for name, value in values.items():
            setattr(locked, name, value)
        locked.reviewer, locked.reviewed_at = actor, timezone.now()
        locked.save(update_fields=[*values, "revision", "reviewer", "reviewed_at"])
        record(
            action="quality.review",
            actor=actor,
            project=round.project,
            target=locked,
            payload={
                "annotation": locked.annotation_id,
                "revision": locked.revision,
                **{name: value for name, value in values.items() if name != "comment"},
            },
        )
        touch(f"project:{round.project_id}:rounds")
    return locked


def quality_answer(*, review: QualityReview, actor: User, answer: str = "") -> QualityReview:
    """The annotator has read a finding and may say something to it; a later answer replaces an earlier one."""
    answer = clean_text(answer, name="The answer", limit=2000)
    project = review.annotation.item.round.project
    with transaction.atomic():
        locked = QualityReview.objects.select_for_update(of=("self",), no_key=True).get(pk=review.pk)
        if not feedback_for(actor, project).filter(pk=review.pk).exists():
            raise NotAllowed("not_yours", "This is not feedback on a label of yours.")
        locked.read_at = locked.read_at or timezone.now()
        locked.answer = answer or locked.answer
        locked.save(update_fields=["read_at", "answer"])
        payload = {"answered": bool(locked.answer)}
        record(action="quality.answer", actor=actor, project=project, target=locked, payload=payload)
        touch(f"project:{project.pk}:rounds")
    return locked


def _checked(finding: Finding, round: Round) -> dict[str, object]:
    comment = clean_text(finding.comment, name="The comment", limit=2000)
    if finding.verdict == Verdict.AGREED:
        nothing = {"crisis_type": "", "severity": None, "guideline_section": ""}
        return {"verdict": finding.verdict, "comment": comment, **nothing}
    if finding.verdict not in (Verdict.MINOR, Verdict.MAJOR):
        raise Invalid("verdict", "Say whether you agree.")
    check_decision(finding.crisis_type, finding.severity, False, "")
    if finding.guideline_section not in {section.code for section in sections(round.guideline.markdown)}:
        raise Invalid("guideline_section", "Choose the guideline section that settles it.")
    if not comment:
        raise Invalid("comment", "Say why: the annotator learns from it.")
    return {
        "verdict": finding.verdict,
        "crisis_type": finding.crisis_type,
        "severity": finding.severity,
        "guideline_section": finding.guideline_section,
        "comment": comment,
    }


def _check_reviewer(actor: User, round: Round) -> None:
    if not can(actor, round.project, Capability.ADJUDICATE):
        raise NotAllowed("not_reviewer", "Only QA or the clinical lead review finished labels.")
