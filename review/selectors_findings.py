"""Reads of what is known about a version beside its campaigns: errors read, edge cases, fairness."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.jobs.models import Job
from pixelhub.ui.actions import NextAction
from review.clinical.errors import WrongDecision, read_by, with_readings, wrong_decisions
from review.models import Campaign, ErrorKind, ErrorOpening
from review.refusal import Refused
from training_app.models import Evaluation, ModelVersion, VersionState

__all__ = ["ErrorsRead", "errors_read", "last_job", "next_error", "question_tabs", "reading_actions"]


@dataclass(frozen=True)
class ErrorsRead:
    """One kind of a version's errors, and how far this person and everybody have come with them."""

    errors: list[WrongDecision]
    mine: frozenset[str]

    @property
    def opened(self) -> int:
        """How many of them this person has opened."""
        return sum(error.content_hash in self.mine for error in self.errors)

    @property
    def answered(self) -> int:
        return sum(error.is_answered for error in self.errors)

    @property
    def blocking(self) -> int:
        return sum(error.blocks for error in self.errors)

    def chosen(self, *, state: str = "", crisis_type: str = "") -> list[WrongDecision]:
        """Those that a filter lets through, in the same order."""
        return [
            error
            for error in self.errors
            if (not crisis_type or error.crisis_type == crisis_type)
            and (state != "unread" or error.content_hash not in self.mine)
            and (state != "unanswered" or not error.is_answered)
            and (state != "blocks" or error.blocks)
        ]


def errors_read(version: ModelVersion, user: User) -> dict[str, ErrorsRead]:
    """Misses and over-escalations with everybody's readings. Raises Refused without usable test predictions."""
    errors, mine = with_readings(version, wrong_decisions(version)), read_by(version, user)
    return {kind: ErrorsRead([error for error in errors if error.error == kind], mine) for kind in ErrorKind.values}


def next_error(version: ModelVersion, user: User, kind: str) -> WrongDecision | None:
    """The gravest error of a kind that this person has not opened; None when they have opened all."""
    mine = read_by(version, user)
    left = (error for error in wrong_decisions(version) if error.error == kind and error.content_hash not in mine)
    return next(left, None)


def reading_actions(user: User, project: Project) -> list[NextAction]:
    """Versions in review of whose misses this person has not opened all, while experts are still at work.

    After that the decision itself asks for them. The counts are the evaluation's own.
    """
    found = []
    evaluations = Evaluation.objects.filter(
        model_version__project=project, model_version__state=VersionState.IN_REVIEW, split="test"
    ).exclude(Q(model_version__trainer=user) | Q(model_version__campaigns__state=Campaign.State.CLOSED))
    for evaluation in evaluations.select_related("model_version"):
        version, metrics = evaluation.model_version, evaluation.metrics
        missed = metrics.get("missed_count", len(metrics.get("missed", [])))
        openings = ErrorOpening.objects.filter(model_version=version, reader=user, error=ErrorKind.MISS)
        left = missed - openings.count()
        if left > 0:
            url = f"{reverse('review:error_next', args=[version.pk])}?kind={ErrorKind.MISS}"
            detail = f"Version {version.version}: open each and say why it was missed."
            found.append(NextAction("Read missed crises", detail, url, 13, left, Role.CLINICAL_LEAD))
    return found


def last_job(version: ModelVersion, kind: str) -> Job | None:
    """The newest job of a kind for this version, unless it succeeded: what it made is shown then."""
    jobs = Job.objects.filter(project=version.project_id, kind=kind, params__version=version.pk)
    newest = jobs.order_by("-pk").first()
    return None if newest is None or newest.state == Job.State.SUCCEEDED else newest


def question_tabs(version: ModelVersion, current: str) -> list[dict[str, object]]:
    """The four pages about a version: misses, over-escalations, edge cases, fairness."""
    counts: dict[str, int | None] = dict.fromkeys(ErrorKind.values)
    try:
        errors = wrong_decisions(version)
        counts = {kind: sum(error.error == kind for error in errors) for kind in ErrorKind.values}
    except Refused:
        pass
    questions = reverse("review:clinical_questions", args=[version.pk])
    tabs = [
        (ErrorKind.MISS, "Missed crises", questions, counts[ErrorKind.MISS]),
        (
            ErrorKind.OVER_ESCALATION,
            "Over-escalations",
            f"{questions}?kind={ErrorKind.OVER_ESCALATION}",
            counts[ErrorKind.OVER_ESCALATION],
        ),
        ("edge_cases", "Edge cases", reverse("review:edge_cases", args=[version.pk]), None),
        ("fairness", "Fairness", reverse("review:fairness", args=[version.pk]), None),
    ]
    return [
        {"label": label, "url": url, "count": count, "current": name == current} for name, label, url, count in tabs
    ]
