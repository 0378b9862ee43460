"""From a closed round to a published label snapshot."""

from __future__ import annotations

from django.db import transaction

from annotation.agreement.aggregation import Decision, decide
from annotation.errors import NotAllowed, Refused
from annotation.models import Annotation, Round, RoundItem
from annotation.selectors import disagreements, items_with_labels
from annotation.services.rounds import agreement_keep
from annotation.votes import vote_of
from datasets_app.services import SnapshotLabelInput, SnapshotRefused, snapshot_publish
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch


def round_publish(*, round: Round, actor: User, name: str = "") -> Round:
    """Publish the round's labels as a hashed snapshot that releases are compiled from.

    Samples with fewer labels than the round asks for are left out and counted in the snapshot's origin. Raises
    `Refused` while a disagreement is undecided, or when no sample is complete.
    """
    if not can(actor, round.project, Capability.SNAPSHOT_PUBLISH):
        raise NotAllowed("may_not_publish", "Your role does not publish label snapshots.")
    try:
        return _publish(round, actor, name)
    except SnapshotRefused as error:
        raise Refused("snapshot_refused", str(error)) from error


def _publish(round: Round, actor: User, name: str) -> Round:
    with transaction.atomic():
        locked = (
            Round.objects.select_for_update(of=("self",), no_key=True)
            .select_related("project", "guideline")
            .get(pk=round.pk)
        )
        if locked.state != Round.State.CLOSED:
            raise Refused("not_closed", "Only a closed round can be published, and only once.")
        undecided = sum(1 for item in disagreements(locked) if not hasattr(item, "adjudication"))
        if undecided:
            raise Refused("undecided", f"{undecided} disagreements are not decided yet.")
        items = items_with_labels(locked)
        complete = [item for item in items if len(item.annotations.all()) >= item.labels_wanted]
        if not complete:
            raise Refused("nothing_complete", "No sample has all its labels, so there is nothing to publish.")
        kept = agreement_keep(round=locked).figures
        snapshot = snapshot_publish(
            project=locked.project,
            name=name or f"Round {locked.number}: {locked.name}"[:200],
            labels=[_label(item) for item in complete],
            origin={
                "rounds": [locked.pk],
                "guideline_version": locked.guideline.version,
                "overlap": locked.overlap,
                "incomplete_left_out": len(items) - len(complete),
                "agreement": {key: kept[key] for key in ("kappa", "kappa_of", "interval", "gate", "verdict", "ac1")},
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
            payload={"snapshot": snapshot.pk, "snapshot_sha256": snapshot.sha256, "labels": len(complete)},
        )
        touch(f"project:{locked.project_id}:rounds")
    return locked


def _label(item: RoundItem) -> SnapshotLabelInput:
    annotations = sorted(item.annotations.all(), key=lambda annotation: annotation.pk)
    decision = _decision(item, annotations)
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


def _decision(item: RoundItem, annotations: list[Annotation]) -> Decision:
    ruling = getattr(item, "adjudication", None)
    return decide([vote_of(annotation) for annotation in annotations], vote_of(ruling) if ruling else None)
