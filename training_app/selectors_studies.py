"""Reads of studies: their trials in order, what waits for somebody."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet
from django.urls import reverse

from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Role
from pixelhub.ui.actions import NextAction
from training_app.models import RunState, Study, Trial, TrialState

ORDERS: Final[dict[str, Any]] = {
    "value": (F("value").desc(nulls_last=True), "number"),
    "number": ("number",),
    "seconds": (F("seconds").desc(nulls_last=True), "number"),
}


def with_progress(studies: QuerySet[Study]) -> QuerySet[Study]:
    """Studies with how many trials ended and the best value so far, for lists."""
    ended = Count("trials", filter=~Q(trials__state=TrialState.RUNNING))
    best = Max("trials__value", filter=Q(trials__state=TrialState.COMPLETE))
    return studies.annotate(ended=ended, best_value=best).order_by("-pk")


def trials_of(study: Study, order: str = "value") -> list[Trial]:
    """The trials by value, number or time; an unknown order is by value."""
    return list(study.trials.order_by(*ORDERS.get(order, ORDERS["value"])))


def next_actions(project: Project) -> list[NextAction]:
    """Studies that have found their best configuration, which no run has used yet; studies that failed."""
    actions = []
    role = Role.ML_ENGINEER.value
    waiting = Study.objects.filter(project=project, state=RunState.SUCCEEDED, runs=None)
    newest = waiting.order_by("-pk").first()
    if newest is not None:
        detail = f"{newest.name} has compared its trials; its best configuration trains with one click."
        actions.append(NextAction("Train with a study's best", detail, newest.get_absolute_url(), 27, None, role))
    failed = Study.objects.filter(project=project, state=RunState.FAILED).count()
    if failed:
        detail = "Its page says why; it can be resumed."
        actions.append(NextAction("Look at a study that failed", detail, reverse("training:studies"), 29, failed, role))
    return actions
