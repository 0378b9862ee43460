"""Reads of expert sets: how far experts have come, what the set holds, on what they disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, QuerySet
from django.urls import reverse

from datasets_app.corpus.expertset.choosing import crisis_bounds
from datasets_app.corpus.expertset.files import share_of
from datasets_app.corpus.expertset.line import Share
from datasets_app.corpus.expertset.outcome import Standing
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SAFETY_LABELS
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.jobs.models import Job
from pixelhub.ui.actions import NextAction
from review.expertsets.agreement import agreement_of
from review.expertsets.pool import REASONS
from review.expertsets.rubric import EXAMPLE_RUBRIC
from review.expertsets.writing import line_of
from review.models import ExpertExample, ExpertRating, ExpertSet
from review.models.expert_sets import KIND, example_rows

__all__ = [
    "Balance",
    "SetProgress",
    "SetView",
    "expert_sets_of",
    "last_draw",
    "rating_actions",
    "set_progress",
    "set_view",
]


@dataclass(frozen=True, slots=True)
class SetProgress:
    """How many conversations have all their ratings, and how many this person rated and still can."""

    examples: int
    complete: int
    ratings: int
    wanted: int
    own: int
    open_to_me: int

    @property
    def is_complete(self) -> bool:
        return self.complete == self.examples


@dataclass(frozen=True, slots=True)
class Balance:
    """One type: what an even share asks for, how many were drawn, and how many the experts call so."""

    crisis_type: str
    asked: int
    drawn: int
    said: int

    @property
    def missing(self) -> int:
        return max(0, self.asked - self.drawn)


@dataclass
class SetView:
    """What the page of a set shows beside the progress; empty for who still has to rate blind."""

    balance: list[Balance] = field(default_factory=list)
    families: list[tuple[str, int]] = field(default_factory=list)
    difficulties: list[tuple[str, int]] = field(default_factory=list)
    crisis: Share | None = None
    bounds: tuple[int, int] = (0, 0)
    standings: list[tuple[str, int]] = field(default_factory=list)
    safety: list[tuple[str, int]] = field(default_factory=list)
    agreement: dict[str, Any] = field(default_factory=dict)
    disputed: list[ExpertExample] = field(default_factory=list)
    undecided: int = 0
    simulated: int = 0


def expert_sets_of(project: Project) -> QuerySet[ExpertSet]:
    """The project's sets, newest first, with how many ratings they have and want."""
    return (
        ExpertSet.objects.filter(project=project)
        .select_related("created_by")
        .annotate(examples_count=Count("examples", distinct=True), ratings_count=Count("examples__ratings"))
        .annotate(ratings_wanted=F("examples_count") * F("raters"))
        .order_by("-pk")  # grouping drops the order of the table
    )


def last_draw(project: Project) -> Job | None:
    """The newest draw, unless it came to its end well: then the set says it all."""
    job = Job.objects.filter(project=project, kind=KIND).order_by("-pk").first()
    return None if job is None or job.state == Job.State.SUCCEEDED else job


def set_progress(expert_set: ExpertSet, person: User) -> SetProgress:
    """Counts only; nothing of what anybody said."""
    rows = ExpertExample.objects.filter(expert_set=expert_set)
    given = rows.annotate(given=Count("ratings"))
    total = rows.count()
    own = rows.filter(ratings__expert=person).count()
    waiting = given.filter(given__lt=expert_set.raters)
    incomplete = waiting.count()
    mine = 0 if expert_set.is_frozen else waiting.exclude(pk__in=rows.filter(ratings__expert=person)).count()
    ratings = ExpertRating.objects.filter(example__expert_set=expert_set).count()
    return SetProgress(total, total - incomplete, ratings, total * expert_set.raters, own, mine)


def may_see_inside(expert_set: ExpertSet, person: User, progress: SetProgress) -> bool:
    """What a set holds would prime whoever still rates it; when nothing is left to rate, everybody may see."""
    judges = can(person, expert_set.project, Capability.REVIEW_JUDGE)
    return expert_set.is_frozen or progress.is_complete or not judges


def set_view(expert_set: ExpertSet, person: User, progress: SetProgress) -> SetView | None:
    """Balance, agreement and disputes. None for a judge while something is left to rate."""
    if not may_see_inside(expert_set, person, progress):
        return None
    rows = list(example_rows(expert_set))
    outcomes = [row.outcome for row in rows]
    said = _count(one.crisis_type or "" for one in outcomes)
    drawn = _count(_fact(row, "given_type") for row in rows)
    asked = expert_set.params.get("asked") or {}
    view = SetView(
        balance=[
            Balance(kind, int(asked.get(kind, 0)), drawn.get(kind, 0), said.get(kind, 0)) for kind in CRISIS_TYPES
        ],
        families=_in_words(_count(_fact(row, "family") for row in rows)),
        difficulties=_in_words(_count(_fact(row, "difficulty") for row in rows)),
    )
    settled = [one.crisis_type for one in outcomes if one.crisis_type is not None]
    basis: Sequence[str] = settled or [_fact(row, "given_type") for row in rows]
    view.crisis = share_of(sum(kind != NONE_TYPE for kind in basis), len(basis))
    view.bounds = crisis_bounds(len(basis))
    view.standings = [(one.value, sum(found.standing == one for found in outcomes)) for one in Standing]
    ticked = _count(name for row in rows for name in {name for rating in row.said for name in rating.safety})
    view.safety = [(label, ticked[code]) for code, label in SAFETY_LABELS.items() if ticked.get(code)]
    view.simulated = len({rating.rater for row in rows for rating in row.said if rating.simulated})
    complete = [row for row in rows if len(row.said) >= expert_set.raters]
    view.disputed = [row for row in complete if row.dispute.disputed]
    view.undecided = sum(row.outcome.standing == Standing.SPLIT for row in view.disputed)
    if progress.is_complete:
        view.agreement = expert_set.manifest.get("agreement") or agreement_of([line_of(row) for row in rows])
    return view


def excluded_in_words(expert_set: ExpertSet) -> list[tuple[str, int]]:
    """What was kept out of a draw, and how many."""
    counts = expert_set.excluded.get("counts") or {}
    return [(REASONS.get(reason, reason), count) for reason, count in counts.items()]


def rubric_in_words(view: SetView | None) -> list[tuple[str, dict[str, Any]]]:
    """The questions of the rubric with the agreement on each."""
    scales = view.agreement.get("rubric", {}) if view else {}
    return [(scale.question, scales[scale.code]) for scale in EXAMPLE_RUBRIC if scale.code in scales]


def rating_actions(person: User, project: Project) -> list[NextAction]:
    """The newest open set in which this person may still rate something. Check that they may rate before."""
    waiting = (
        ExpertExample.objects.filter(expert_set__project=project, expert_set__state=ExpertSet.State.OPEN)
        .exclude(pk__in=ExpertRating.objects.filter(expert=person).values("example"))
        .annotate(given=Count("ratings"))
        .filter(given__lt=F("expert_set__raters"))
    )
    newest = waiting.order_by("-expert_set").values_list("expert_set", "expert_set__name").first()
    if newest is None:
        return []
    pk, name = newest
    detail = f"{waiting.filter(expert_set=pk).count()} conversations of “{name}” wait for a rating."
    return [NextAction("Rate an expert set", detail, reverse("review:example_next", args=[pk]), 24, role=Role.QA)]


def _fact(row: ExpertExample, name: str) -> str:
    value = row.facts.get(name)
    return value if isinstance(value, str) and value else "not known"


def _in_words(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted((code.replace("_", " "), count) for code, count in counts.items())


def _count(values: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found
