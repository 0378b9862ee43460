"""Rater models of a closed round: fitted once, kept beside the labels, never in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from annotation.agreement import Ratings
from annotation.errors import Refused
from annotation.models import RaterModelFit, RaterModelVote, Round
from annotation.selectors import round_ratings
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from annotation.agreement.raters import Fit

JOB_KIND = "annotation.rater_models"
BATCH = 500


def rater_models_request(*, round: Round, actor: User | None) -> None:
    """Queue the fit of a round that has just been closed, in the caller's transaction.

    Nothing is queued where nobody labelled beside somebody else.
    """
    kinds = (Round.Kind.WORK, Round.Kind.RELABEL, Round.Kind.RETRAINING)
    if round.kind in kinds and round.overlap > 1:
        job_enqueue(
            kind=JOB_KIND, params={"round": round.pk}, project=round.project, owner=actor,
            idempotency_key=f"round-{round.pk}",
        )  # fmt: skip


def rater_models_fit(*, round: Round, actor: User | None = None) -> list[RaterModelFit]:
    """Fit Dawid-Skene and MACE to the labels of a closed round and keep what they hold most probable.

    A second fit replaces the first. Raises `Refused` for a round that takes labels still, or was published.
    """
    # Fitting pulls in crowd-kit, which takes a second to import: a page never gets here.
    from annotation.agreement.raters import RATER_MODELS, fit_raters

    ratings = round_ratings(round)
    fits = [fit_raters(ratings, model, seed=round.seed) for model in RATER_MODELS] if ratings.items else []
    with transaction.atomic():
        state = Round.objects.select_for_update(no_key=True).values_list("state", flat=True).get(pk=round.pk)
        if state != Round.State.CLOSED:
            raise Refused("round_not_closed", "Rater models are fitted after closing and before publishing.")
        RaterModelFit.objects.filter(round=round).delete()
        kept = [_keep(round, fit, ratings) for fit in fits]
        record(
            action="round.rater_models",
            actor=actor,
            project=round.project,
            target=round,
            payload={"models": [fit.model for fit in fits], "ratings": int(ratings.counts.sum())},
        )
        touch(f"project:{round.project_id}:rounds")
    return kept


def _keep(round: Round, fit: Fit, ratings: Ratings) -> RaterModelFit:
    kept = RaterModelFit.objects.create(
        round=round,
        model=fit.model,
        figures={
            "items": len(fit.items),
            "ratings": int(ratings.counts.sum()),
            "marginals": fit.marginals,
            "raters": fit.raters,
        },
    )
    counts = {item: ratings.counts[row] for row, item in enumerate(ratings.items)}
    votes = []
    for number, item in enumerate(fit.items):
        chosen = {ratings.categories[code] for code in counts[item].nonzero()[0]}
        crisis_type, probability = fit.most_probable(number, among=chosen)
        most = counts[item].max()
        votes.append(
            RaterModelVote(
                fit=kept,
                item_id=int(item),
                crisis_type=crisis_type,
                confidence=_four_digits(probability),
                against_votes=bool(counts[item][ratings.categories.index(crisis_type)] < most),
            )
        )
    RaterModelVote.objects.bulk_create(votes, batch_size=BATCH)
    return kept


def _four_digits(probability: float) -> float:
    """Four digits, within 0 and 1 whatever the sums left over."""
    return float(f"{min(1.0, max(0.0, probability)):.4f}")
