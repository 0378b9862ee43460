"""Review campaigns: drawn from the test predictions, shared out, closed under one digest."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from datasets_app.models import Record
from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch
from review.evidence.sampling import DESIGN, Sample, draw_sample
from review.figures import campaign_figures, campaign_sha256
from review.judged import consensus_by_case
from review.models import Campaign, ReviewCase
from review.models.assignments import MOST_REVIEWERS
from review.predictions import TestPredictions, read_predictions
from review.refusal import Refused
from review.services.assignments import assignments_fill, seats_end
from review.topics import campaign_topic, touch_review
from training_app.models import Evaluation, ModelVersion, VersionState
from training_app.services import version_set_state

__all__ = ["campaign_close", "campaign_create"]

DEFAULT_SIZE = 100
MAX_SIZE = 2000
_REVIEWABLE = (VersionState.CANDIDATE, VersionState.VALIDATED, VersionState.IN_REVIEW)


def campaign_create(
    *,
    version: ModelVersion,
    actor: User,
    size: int = DEFAULT_SIZE,
    minimum_judged: int | None = None,
    seed: int | None = None,
    minimum_reviewers: int = 1,
    maximum_reviewers: int | None = None,
    judge_first: bool = True,
) -> Campaign:
    """Draw a weighted sample of the version's test predictions, share it out, and put the version in review.

    `minimum_judged` cases (all of the sample by default) must be judged before the campaign can close, each by
    `minimum_reviewers` experts; where those are split one more is asked, up to `maximum_reviewers` (two more by
    default). `judge_first` hides the prediction until the expert has labelled the case.
    Raises Refused when the version is past review, has an open campaign, or its predictions cannot be used.
    """
    require(actor, version.project, Capability.CAMPAIGN_MANAGE)
    if not 1 <= size <= MAX_SIZE:
        raise Refused(f"Choose between 1 and {MAX_SIZE:,} cases.")
    maximum_reviewers = min(minimum_reviewers + 2, MOST_REVIEWERS) if maximum_reviewers is None else maximum_reviewers
    if not 1 <= minimum_reviewers <= maximum_reviewers <= MOST_REVIEWERS:
        raise Refused(f"Between 1 and {MOST_REVIEWERS} experts read a case, and the most are not fewer than the least.")
    predictions = read_predictions(version)
    records = _records_of(version, predictions)
    edge_cases = frozenset(key for key, known in records.items() if known.is_edge_case)
    groups = {key: known.demographics for key, known in records.items()}
    seed = secrets.randbelow(2**32) if seed is None else seed
    sample = draw_sample(predictions.for_sampling(edge_cases, groups), size=size, seed=seed)
    minimum = len(sample.cases) if minimum_judged is None else minimum_judged
    if not 1 <= minimum <= len(sample.cases):
        raise Refused(f"Between 1 and {len(sample.cases)} cases can be asked for: so many were drawn.")
    try:
        settings = {
            "seed": seed,
            "minimum_judged": minimum,
            "minimum_reviewers": minimum_reviewers,
            "maximum_reviewers": maximum_reviewers,
            "judge_first": judge_first,
        }
        return _campaign_insert(version, actor, sample, predictions, records, settings)
    except IntegrityError:
        raise Refused("This version has an open campaign already.") from None


@dataclass(frozen=True, slots=True)
class _Known:
    """What a record adds to its prediction: a number to refer to, and what the draw spreads over."""

    pk: int
    is_edge_case: bool
    demographics: str


@transaction.atomic
def _campaign_insert(
    version: ModelVersion,
    actor: User,
    sample: Sample,
    predictions: TestPredictions,
    records: dict[str, _Known],
    settings: dict[str, Any],
) -> Campaign:
    locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
    if locked.state not in _REVIEWABLE:
        raise Refused(f"Version {locked.version} is {locked.get_state_display().lower()}: its review is over.")
    evaluation = Evaluation.objects.filter(model_version=locked, split="test").first()
    if evaluation is None:
        raise Refused(f"Version {locked.version} was not evaluated on its test split yet.")
    campaign = Campaign.objects.create(
        project=locked.project,
        model_version=locked,
        evaluation=evaluation,
        design=DESIGN,
        bundle_sha256=locked.bundle_sha256,
        predictions_sha256=predictions.sha256,
        population=dict(sample.population),
        created_by=actor,
        **settings,
    )
    ReviewCase.objects.bulk_create(
        ReviewCase(
            campaign=campaign,
            record_id=records[case.prediction.key].pk,
            position=position,
            prediction=predictions.rows[case.prediction.key] | {"error_kind": case.prediction.error_kind},
            stratum=case.stratum,
            weight=case.weight,
            inclusion_probability=case.inclusion_probability,
        )
        for position, case in enumerate(sample.cases, start=1)
    )
    record(
        action="campaign.create",
        actor=actor,
        project=campaign.project,
        target=campaign,
        payload={"bundle_sha256": campaign.bundle_sha256, "cases": len(sample.cases), **settings},
    )
    if locked.state != VersionState.IN_REVIEW:
        version_set_state(version=locked, state=VersionState.IN_REVIEW, actor=actor)
        version.state = VersionState.IN_REVIEW
    assignments_fill(campaign=campaign, actor=actor)
    touch_review(campaign.project)
    return campaign


def _records_of(version: ModelVersion, predictions: TestPredictions) -> dict[str, _Known]:
    rows = Record.objects.filter(project=version.project_id, content_hash__in=list(predictions.rows))
    fields = rows.values_list("content_hash", "pk", "is_edge_case", "metadata")
    found = {
        key: _Known(pk, is_edge_case, str((metadata or {}).get("demographics") or ""))
        for key, pk, is_edge_case, metadata in fields
    }
    missing = len(predictions.rows) - len(found)
    if missing:
        raise Refused(f"{missing} conversations of the test split are not in this project, so they cannot be read.")
    return found


@transaction.atomic
def campaign_close(*, campaign: Campaign, actor: User) -> Campaign:
    """Freeze the judgements under one digest. Raises Refused below the minimum, or when it is closed already."""
    require(actor, campaign.project, Capability.CAMPAIGN_MANAGE)
    locked = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if locked.state != Campaign.State.OPEN:
        raise Refused("This campaign is closed already.")
    seats_end(campaign=locked)
    figures = campaign_figures(locked)
    if figures["judged"] < locked.minimum_judged:
        raise Refused(
            f"{figures['judged']} of at least {locked.minimum_judged} cases are judged; "
            f"{locked.minimum_judged - figures['judged']} more are needed."
        )
    split = sum(found.is_split for found in consensus_by_case(locked).values())
    if split:
        raise Refused(f"The experts are split on {split} case{'s' if split > 1 else ''}; discuss and decide first.")
    locked.figures, locked.sha256 = figures, campaign_sha256(locked)
    locked.state, locked.closed_by, locked.closed_at = Campaign.State.CLOSED, actor, timezone.now()
    locked.save(update_fields=["figures", "sha256", "state", "closed_by", "closed_at"])
    record(
        action="campaign.close",
        actor=actor,
        project=locked.project,
        target=locked,
        payload={"sha256": locked.sha256, "judged": figures["judged"], "bundle_sha256": locked.bundle_sha256},
    )
    touch_review(locked.project)
    touch(campaign_topic(locked.project_id, locked.pk))
    return locked
