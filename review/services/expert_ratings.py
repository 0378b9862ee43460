"""What is said of an example: an expert's rating, once and blind, and a clinical lead's decision on a dispute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from django.db import transaction
from django.db.models import Count, F

from datasets_app.corpus.expertset.line import MAX_COMMENT
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SAFETY_LABELS, SEVERITIES
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.expertsets.rubric import EXAMPLE_RUBRIC
from review.models import ExampleDecision, ExpertExample, ExpertRating, ExpertSet
from review.refusal import Refused
from review.rubric import checked_rubric
from review.services.expert_sets import set_open
from review.topics import expert_sets_topic
from review.wording import checked_text

__all__ = ["example_decide", "example_next", "example_rate"]


def example_next(*, expert_set: ExpertSet, expert: User) -> ExpertExample | None:
    """The next conversation that this person may rate, None when nothing is left for them.

    Each expert reads in an order of their own, so two who work at the same time seldom read the same one.
    """
    require(expert, expert_set.project, Capability.REVIEW_JUDGE)
    if expert_set.is_frozen:
        return None
    waiting = (
        ExpertExample.objects.filter(expert_set=expert_set)
        .exclude(ratings__expert=expert)
        .annotate(given=Count("ratings"))
        .filter(given__lt=F("expert_set__raters"))
    )
    ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    if not ids:
        return None
    first = min(ids, key=lambda pk: sha256(f"{expert.pk}:{pk}".encode()).digest())
    return ExpertExample.objects.select_related("expert_set").get(pk=first)


@transaction.atomic
def example_rate(
    *,
    example: ExpertExample,
    expert: User,
    crisis_type: str,
    severity: int | None,
    rubric: Mapping[str, int | None] | None = None,
    safety: Sequence[str] = (),
    comment: str = "",
) -> ExpertRating:
    """Keep what an expert says of a conversation. It cannot be changed afterwards.

    An example takes as many ratings as its set asks for and no more: whoever sees the others' can't rate it any more.
    Raises Refused for a second rating by the same person, one too many, a frozen set, or a label that is none.
    """
    found = set_open(example.expert_set_id)
    require(expert, found.project, Capability.REVIEW_JUDGE)
    severity = _checked_label(crisis_type, severity)
    scores = checked_rubric(rubric, EXAMPLE_RUBRIC)
    unknown = set(safety) - set(SAFETY_LABELS)
    if unknown:
        raise Refused("There is no such safety label.")
    comment = checked_text(comment, name="Comment", longest=MAX_COMMENT)
    given = list(ExpertRating.objects.filter(example=example).values_list("expert_id", flat=True))
    if expert.pk in given:
        raise Refused("You have rated this conversation already; what you said first counts.")
    if len(given) >= found.raters:
        raise Refused(f"This conversation has its {found.raters} ratings already.")
    rating = ExpertRating.objects.create(
        example=example,
        rater=_pseudonym(found, expert),
        expert=expert,
        crisis_type=crisis_type,
        severity=severity,
        rubric=scores,
        safety=[name for name in SAFETY_LABELS if name in set(safety)],
        comment=comment,
        simulated=expert.is_simulated,
    )
    record(
        action="example.rate",
        actor=expert,
        project=found.project,
        target=example,
        payload={"expert_set": found.pk, "crisis_type": crisis_type, "severity": severity, "safety": rating.safety},
    )
    touch(expert_sets_topic(found.project_id))
    return rating


@transaction.atomic
def example_decide(
    *, example: ExpertExample, actor: User, crisis_type: str, severity: int | None, reason: str
) -> ExampleDecision:
    """A clinical lead's label for a conversation on which the experts disagree, with the reason. Given once.

    Only when all have rated it, and only where they differ in type or by two severities. Raises Refused otherwise.
    """
    found = set_open(example.expert_set_id)
    require(actor, found.project, Capability.REVIEW_RESOLVE)
    severity = _checked_label(crisis_type, severity)
    reason = checked_text(reason, name="Reason", longest=MAX_COMMENT, required=True)
    row = ExpertExample.objects.get(pk=example.pk)
    if len(row.said) < found.raters:
        raise Refused("The others have not rated this conversation yet.")
    if row.decided is not None:
        raise Refused("This conversation is decided already.")
    if not row.dispute.disputed:
        raise Refused("The experts agree on this conversation; there is nothing to decide.")
    decision = ExampleDecision.objects.create(
        example=row, crisis_type=crisis_type, severity=severity, reason=reason, decided_by=actor
    )
    record(
        action="example.decide",
        actor=actor,
        project=found.project,
        target=row,
        payload={"expert_set": found.pk, "crisis_type": crisis_type, "severity": severity},
    )
    touch(expert_sets_topic(found.project_id))
    return decision


def _checked_label(crisis_type: str, severity: int | None) -> int | None:
    if crisis_type not in CRISIS_TYPES:
        raise Refused("Choose one of the crisis types, or no crisis.")
    if crisis_type == NONE_TYPE:
        return None
    if severity not in SEVERITIES:
        raise Refused("Choose a severity from 1 to 5.")
    return severity


def _pseudonym(expert_set: ExpertSet, expert: User) -> str:
    """e1, e2, ... in the order of their first ratings; the set is locked, so no two take the same."""
    ratings = ExpertRating.objects.filter(example__expert_set=expert_set)
    own = ratings.filter(expert=expert).values_list("rater", flat=True).first()
    if own is not None:
        return own
    taken = set(ratings.values_list("rater", flat=True).distinct())
    number = 1
    while f"e{number}" in taken:
        number += 1
    return f"e{number}"
