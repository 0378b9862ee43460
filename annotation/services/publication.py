"""From a closed round to a published label snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from annotation.agreement.aggregation import (
    AGGREGATIONS,
    Decision,
    Vote,
    decide,
    decide_by_majority,
    decide_by_model,
    disagree,
)
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Annotation, RaterModelFit, RaterModelVote, Round, RoundItem
from annotation.selectors import disagreements, items_with_labels
from annotation.services.rounds import agreement_keep
from annotation.votes import vote_of
from datasets_app.services import SnapshotLabelInput, SnapshotRefused, snapshot_publish
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

# Who practises, qualifies or trains again has talked about the samples or knows the answers.
PUBLISHED_KINDS = (Round.Kind.WORK, Round.Kind.RELABEL)


def round_publish(*, round: Round, actor: User, name: str = "", aggregation: str = "adjudicated") -> Round:
    """Publish the round's labels as a hashed snapshot that releases are compiled from.

    Samples with fewer labels than the round asks for are left out and counted in the snapshot's origin. By default
    every disagreement must have been decided by a person. `aggregation` "majority", "dawid_skene" or "mace" decides
    those that are left without one; what people decided stands in any case. Raises `Refused` while a disagreement is
    undecided, when the rater model isn't fitted yet, or when no sample is complete.
    """
    if not can(actor, round.project, Capability.SNAPSHOT_PUBLISH):
        raise NotAllowed("may_not_publish", "Your role does not publish label snapshots.")
    if aggregation not in AGGREGATIONS:
        raise Invalid("aggregation", "Choose how disagreements are settled.")
    if aggregation != "adjudicated" and not can(actor, round.project, Capability.ADJUDICATE):
        raise NotAllowed("may_not_pass_over", "Only those who decide disagreements may leave them to a rule.")
    try:
        return _publish(round, actor, name, aggregation)
    except SnapshotRefused as error:
        raise Refused("snapshot_refused", str(error)) from error


def _publish(round: Round, actor: User, name: str, aggregation: str) -> Round:
    with transaction.atomic():
        locked = (
            Round.objects.select_for_update(of=("self",), no_key=True)
            .select_related("project", "guideline")
            .get(pk=round.pk)
        )
        if locked.state != Round.State.CLOSED:
            raise Refused("not_closed", "Only a closed round can be published, and only once.")
        if locked.kind not in PUBLISHED_KINDS:
            raise Refused("not_published", "Only labelling is published; practice and retraining are for learning.")
        undecided = sum(1 for item in disagreements(locked) if not hasattr(item, "adjudication"))
        if undecided and aggregation == "adjudicated":
            raise Refused("undecided", f"{undecided} disagreements are not decided yet.")
        items = items_with_labels(locked)
        complete = [item for item in items if len(item.annotations.all()) >= item.labels_wanted]
        if not complete:
            raise Refused("nothing_complete", "No sample has all its labels, so there is nothing to publish.")
        fit, votes = _model_votes(locked, aggregation) if undecided else (None, {})
        labels = [_label(item, aggregation, votes) for item in complete]
        kept = agreement_keep(round=locked).figures
        snapshot = snapshot_publish(
            project=locked.project,
            name=name or f"Round {locked.number}: {locked.name}"[:200],
            labels=labels,
            origin={
                "rounds": [locked.pk],
                "guideline_version": locked.guideline.version,
                "overlap": locked.overlap,
                "incomplete_left_out": len(items) - len(complete),
                "agreement": {key: kept[key] for key in ("kappa", "kappa_of", "interval", "gate", "verdict", "ac1")},
                "aggregation": aggregation,
                "decided_by": dict(sorted(Counter(label.decided_by for label in labels).items())),
                **({"rater_model": _origin_of(fit)} if fit else {}),
            },
            simulated=locked.simulated,
            actor=actor,
        )
        locked.state, locked.snapshot = Round.State.PUBLISHED, snapshot
        locked.save(update_fields=["state", "snapshot"])
        record(
            action="round.publish",
            actor=actor,
            project=locked.project,
            target=locked,
            payload={
                "snapshot": snapshot.pk,
                "snapshot_sha256": snapshot.sha256,
                "labels": len(complete),
                "aggregation": aggregation,
                "left_to_a_rule": undecided,
            },
        )
        touch(f"project:{locked.project_id}:rounds")
    return locked


def _model_votes(round: Round, aggregation: str) -> tuple[RaterModelFit | None, Mapping[int, RaterModelVote]]:
    if aggregation == "majority":
        return None, {}
    fit = RaterModelFit.objects.filter(round=round, model=aggregation).first()
    if fit is None:
        raise Refused("not_fitted", "The rater model of this round is not ready yet. Try again in a minute.")
    return fit, {vote.item_id: vote for vote in fit.votes.all()}


def _origin_of(fit: RaterModelFit) -> dict[str, Any]:
    """How the model was fitted; whom it trusts how far stays in the hub."""
    return {"model": fit.model, **{key: fit.figures[key] for key in ("items", "ratings", "marginals")}}


def _label(item: RoundItem, aggregation: str, model_votes: Mapping[int, RaterModelVote]) -> SnapshotLabelInput:
    annotations = sorted(item.annotations.all(), key=lambda annotation: annotation.pk)
    decision = _decision(item, annotations, aggregation, model_votes)
    return SnapshotLabelInput(
        record_id=item.record_id,
        crisis_type=decision.crisis_type,
        severity=decision.severity,
        confidence=decision.confidence,
        is_edge_case=decision.is_edge_case,
        edge_case_kind=decision.edge_case_kind,
        decided_by=decision.decided_by,
        annotators=[annotation.annotator.pseudonym for annotation in annotations],
        annotations=[
            {"id": annotation.pk, "sha256": annotation.sha256, "annotator": annotation.annotator.pseudonym}
            for annotation in annotations
        ],
    )


def _decision(
    item: RoundItem, annotations: list[Annotation], aggregation: str, model_votes: Mapping[int, RaterModelVote]
) -> Decision:
    votes: list[Vote] = [vote_of(annotation) for annotation in annotations]
    ruling = getattr(item, "adjudication", None)
    if ruling is not None or aggregation == "adjudicated" or not disagree(votes):
        return decide(votes, vote_of(ruling) if ruling else None)
    if aggregation == "majority":
        return decide_by_majority(votes)
    chosen = model_votes[item.pk]
    return decide_by_model(votes, chosen.crisis_type, chosen.confidence)
