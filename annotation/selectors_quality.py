"""Reads of the review of finished work: what may be drawn, what waits, what it found, what goes back to whom."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from annotation import conf
from annotation.models import Annotation, AnnotationRevision, Batch, QualityReview, Round, RoundItem
from annotation.quality_figures import Reviewed, projected, shares
from annotation.quality_sampling import LOW_CONFIDENCE
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction

PENDING, MAJOR = QualityReview.Verdict.PENDING, QualityReview.Verdict.MAJOR


def finished_labels(round: Round, batch: Batch | None) -> QuerySet[Annotation]:
    """The labels of a round's work samples, or of one batch; hidden expert-labelled and repeated ones don't count."""
    found = Annotation.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK)
    return found if batch is None else found.filter(item__batch=batch)


def reviews_of(round: Round, batch: Batch | None) -> QuerySet[QualityReview]:
    """Every draw of a round, or of one batch."""
    return QualityReview.objects.filter(annotation__in=finished_labels(round, batch))


def reviews_waiting(user: User, round: Round, batch: Batch | None) -> QuerySet[QualityReview]:
    """Drawn labels without a verdict that this person may judge: not their own."""
    return reviews_of(round, batch).filter(verdict=PENDING).exclude(annotation__annotator=user).order_by("pk")


def next_review(user: User, round: Round, batch: Batch | None) -> QualityReview | None:
    """One that waits. Two reviewers at once begin at different places, so that they seldom get the same one."""
    waiting = list(reviews_waiting(user, round, batch).values_list("pk", flat=True))
    if not waiting:
        return None
    return QualityReview.objects.get(pk=waiting[user.pk * 7919 % len(waiting)])


def feedback_for(user: User, project: Project) -> QuerySet[QualityReview]:
    """What was found in this person's labels, unread ones first.

    A finding shows itself once the label can't be edited any more, so that it changes no label of an open round.
    """
    found = QualityReview.objects.filter(annotation__annotator=user, annotation__item__round__project=project)
    found = found.exclude(verdict=PENDING).exclude(annotation__in=_still_editable(user, project))
    return found.select_related("annotation__item__round__guideline", "annotation__item__record").order_by(
        F("read_at").asc(nulls_first=True), "-reviewed_at", "pk"
    )


def reviewed_label(review: QualityReview) -> AnnotationRevision | Annotation:
    """The label as it was when it was judged; as it is now while it waits."""
    if review.revision is None:
        return review.annotation
    return review.annotation.revisions.get(revision=review.revision)


def quality_report(round: Round, batch: Batch | None, *, names: bool, words: bool) -> dict[str, Any]:
    """What the reviews of a round or a batch found.

    `names` shows who labelled, otherwise their pseudonyms; `words` adds comments and answers, which may quote
    conversations.
    """
    labels = finished_labels(round, batch)
    rows = list(
        reviews_of(round, batch)
        .select_related("annotation__annotator", "annotation__item", "reviewer")
        .order_by("annotation__item__position", "pk")
    )
    judged = [row for row in rows if row.verdict != PENDING]
    by_type = Counter(labels.order_by().values_list("crisis_type", flat=True))
    people = _people(labels, names)
    counted = Counter(labels.order_by().values_list("annotator", flat=True))
    return {
        "round": round.number,
        "name": round.name,
        "batch": batch.number if batch else None,
        "guideline_version": round.guideline.version,
        "labels": sum(by_type.values()),
        "drawn": len(rows),
        "waiting": len(rows) - len(judged),
        "total": shares(row.verdict for row in judged),
        "projected": projected(
            (Reviewed(row.verdict, _stratum(row.annotation.crisis_type, row.annotation.confidence)) for row in judged),
            Counter(_stratum(*row) for row in labels.order_by().values_list("crisis_type", "confidence")),
        ),
        "read": sum(row.read_at is not None for row in judged),
        "answered": sum(bool(row.answer) for row in judged),
        "by_type": [
            {
                "crisis_type": kind,
                "labels": by_type[kind],
                **shares(row.verdict for row in judged if row.annotation.crisis_type == kind),
            }
            for kind in CRISIS_TYPES
            if by_type[kind]
        ],
        "by_annotator": [
            {
                "annotator": person,
                "labels": counted[pk],
                **shares(row.verdict for row in judged if row.annotation.annotator_id == pk),
            }
            for pk, person in people.items()
        ],
        "findings": [
            _finding(row, people[row.annotation.annotator_id], words)
            for row in sorted(judged, key=lambda row: row.verdict != MAJOR)
            if row.verdict != QualityReview.Verdict.AGREED
        ],
    }


def quality_rows(report: dict[str, Any]) -> list[list[object]]:
    """The report as rows of a table: every share with its counts and interval, then the findings."""
    head: list[object] = ["part", "of", "labels", "reviewed", "agreed", "minor", "major", "share_agreed", "low", "high"]
    rows: list[list[object]] = [head, ["total", "", report["labels"], *_cells(report["total"])]]
    estimate = report["projected"]
    rows.append(["projected to all labels", "", report["labels"], *_cells({**estimate, "reviewed": ""})])
    rows += [["type", row["crisis_type"], row["labels"], *_cells(row)] for row in report["by_type"]]
    rows += [["annotator", row["annotator"], row["labels"], *_cells(row)] for row in report["by_annotator"]]
    fields = list(report["findings"][0]) if report["findings"] else []
    rows += [[], ["finding", *fields]] if fields else []
    rows += [["finding", *row.values()] for row in report["findings"]]
    return rows


def quality_actions(user: User, project: Project) -> list[NextAction]:
    """Feedback to read, and drawn labels to judge."""
    found: list[NextAction] = []
    if can(user, project, Capability.ANNOTATE):
        unread = feedback_for(user, project).filter(read_at=None).count()
        if unread:
            url = reverse("annotation:feedback")
            title = "Read the feedback on your labels"
            found.append(NextAction(title, "Only you and the reviewers see it.", url, 25, unread, Role.ANNOTATOR))
    if can(user, project, Capability.ADJUDICATE):
        mine = Q(items__annotations__annotator=user)
        pending = Q(items__annotations__quality_review__verdict=PENDING)
        rounds = Round.objects.filter(project=project).filter(pending)
        waiting = rounds.annotate(waiting=Count("items__annotations", filter=pending & ~mine)).order_by("number")
        for round in waiting:
            if round.waiting:
                url = reverse("annotation:quality_next", args=[round.pk])
                found.append(NextAction("Review finished labels", round.name, url, 35, round.waiting, Role.QA))
    return found


def _still_editable(user: User, project: Project) -> list[int]:
    """The labels that this person could still change: the last ones of each open round."""
    found: list[int] = []
    for round in Round.objects.filter(project=project, state=Round.State.OPEN, round_annotators__annotator=user):
        mine = Annotation.objects.filter(item__round=round, annotator=user).order_by("-submitted_at", "-pk")
        found += mine.values_list("pk", flat=True)[: conf.EDITABLE]
    return found


def _stratum(crisis_type: str, confidence: float) -> tuple[str, bool]:
    return crisis_type, confidence < LOW_CONFIDENCE


def _people(labels: QuerySet[Annotation], names: bool) -> dict[int, str]:
    people = User.objects.filter(pk__in=labels.values("annotator")).order_by("pseudonym")
    return {person.pk: f"{person} ({person.pseudonym})" if names else person.pseudonym for person in people}


def _finding(row: QualityReview, person: str, words: bool) -> dict[str, Any]:
    annotation = row.annotation
    found = {
        "review": row.pk,
        "sample": annotation.item.position,
        "annotator": person,
        "verdict": str(row.verdict),
        "label_type": annotation.crisis_type,
        "label_severity": annotation.severity,
        "review_type": row.crisis_type,
        "review_severity": row.severity,
        "guideline_section": row.guideline_section,
        "read": row.read_at is not None,
        "answered": bool(row.answer),
        "label_changed_since": annotation.revision != row.revision,
    }
    return {**found, "comment": row.comment, "answer": row.answer} if words else found


def _cells(figures: dict[str, Any]) -> list[object]:
    interval = figures["interval"] or {"low": None, "high": None}
    counts = [figures.get(name, "") for name in ("reviewed", "agreed", "minor", "major")]
    return [*counts, figures["share"], interval["low"], interval["high"]]
