"""Labels arriving, exactly once, and their later edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation import conf
from annotation.errors import Invalid, Refused
from annotation.labels import LabelInput, check_label, clean_text, label_sha256, payload_sha256
from annotation.models import (
    Annotation,
    AnnotationPolicy,
    AnnotationRevision,
    Flag,
    Round,
    RoundItem,
    Slot,
    SuggestionView,
)
from annotation.services.arrivals import label_arrived, label_needs_the_round
from annotation.services.exposure import exposure_count
from annotation.services.policies import policy_of
from annotation.services.round_hold import round_hold
from datasets_app.corpus.taxonomy import NONE_TYPE
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.live.services import touch


@dataclass(frozen=True)
class Submission:
    """What became of a submit. `replay`: this very submit had arrived before, and this is its answer again."""

    annotation_id: int
    revision: int
    sha256: str
    replay: bool


def annotation_submit(
    *, slot: Slot, annotator: User, client_uuid: UUID, label: LabelInput, base_revision: int | None = None
) -> Submission:
    """Take a label, or an edit of one of the last ten (`base_revision` names the revision that was edited).

    Idempotent by `client_uuid`: the same submit again gets the same answer. Raises `Invalid` for a bad label and
    `Refused` when the UUID came with other content, the lease is lost, the round is closed, or the label was edited
    elsewhere.
    """
    digest = payload_sha256(slot.pk, base_revision, label)
    round = slot.round
    try:
        with transaction.atomic():
            edits = base_revision is not None
            round_hold(round=round, alone=edits or label_needs_the_round(slot=slot, round=round, annotator=annotator))
            taken = not edits and _take(slot, annotator)
            held = slot if taken else _held(slot)
            if not taken:
                # A slot that waits for its label has none, so this can't be a label that arrived before.
                is_first = held.state == Slot.State.LEASED and held.annotator_id == annotator.pk and not edits
                replayed = None if is_first else _replay(client_uuid, annotator, digest)
                if replayed is not None:
                    return replayed
                if held.round.state != Round.State.OPEN:
                    raise Refused("round_closed", "The round was closed before this label arrived; it was not saved.")
            check_label(label, slot.item.record.messages)
            policy = policy_of(round.project)
            _check_evidence(label, policy)
            annotation = (
                _new(slot, annotator, client_uuid)
                if taken
                else _open(held, round, annotator, client_uuid, base_revision)
            )
            _store(annotation, round, annotator, client_uuid, label, digest)
            exposure_count(annotation=annotation, project=round.project, policy=policy)
            # Before the audit: its head is the last row that any transaction locks.
            label_arrived(annotation=annotation, round=round)
            _audit(annotation, round, annotator)
    except IntegrityError as error:
        raise Refused("uuid_reused", "This label's id was used for another label.") from error
    return Submission(annotation.pk, annotation.revision, annotation.sha256, replay=False)


def annotation_flag(*, item: RoundItem, annotator: User, kind: str, note: str = "") -> Flag:
    """Point the clinical lead, or the keeper of personal data, to a sample; flagging twice is harmless."""
    note = clean_text(note, name="The note", limit=500)
    if kind not in Flag.Kind.values:
        raise Refused("kind", "Choose what the flag is for.")
    if not Slot.objects.filter(item=item, annotator=annotator).exists():
        raise Refused("not_yours", "Only somebody who was given this sample can flag it.")
    with transaction.atomic():
        flag, made = Flag.objects.get_or_create(item=item, annotator=annotator, kind=kind, defaults={"note": note})
        if made:
            project = item.round.project
            record(
                action="annotation.flag",
                actor=annotator,
                project=project,
                target=flag,
                payload={"item": item.pk, "kind": kind},
            )
            touch(f"project:{project.pk}:rounds")
    return flag


def _replay(client_uuid: UUID, annotator: User, digest: str) -> Submission | None:
    earlier = AnnotationRevision.objects.select_related("annotation").filter(client_uuid=client_uuid).first()
    if earlier is None:
        return None
    if earlier.annotation.annotator_id != annotator.pk or earlier.payload_sha256 != digest:
        raise Refused("uuid_reused", "This label's id was used for another label.")
    return Submission(earlier.annotation_id, earlier.revision, earlier.sha256, replay=True)


def _check_evidence(label: LabelInput, policy: AnnotationPolicy) -> None:
    if label.crisis_type != NONE_TYPE and not label.spans and policy.spans_required:
        raise Invalid("spans", "This project asks for evidence: highlight the piece of text that shows the crisis.")


def _take(slot: Slot, annotator: User) -> bool:
    """Turn what this person holds in an open round to done, and lock it: the usual case, in one statement.

    Of the same submit sent twice at once the later one waits here and then finds it done.
    """
    held = Slot.objects.filter(pk=slot.pk, annotator=annotator, state=Slot.State.LEASED)
    still_open = Round.objects.filter(pk=slot.round_id, state=Round.State.OPEN)
    return bool(held.filter(round__in=still_open).update(state=Slot.State.DONE, lease_until=None))


def _held(slot: Slot) -> Slot:
    """The slot as it is now, locked, with its round, which the caller has locked."""
    return Slot.objects.select_for_update(of=("self",), no_key=True).select_related("round").get(pk=slot.pk)


def _new(slot: Slot, annotator: User, client_uuid: UUID) -> Annotation:
    return Annotation(slot=slot, item=slot.item, annotator=annotator, client_uuid=client_uuid, revision=0)


def _open(slot: Slot, round: Round, annotator: User, client_uuid: UUID, base_revision: int | None) -> Annotation:
    """The label to write where it isn't simply the first one of what this person holds. Raises `Refused`."""
    if slot.annotator_id != annotator.pk:
        raise Refused("lease_lost", "Your time for this sample ran out and somebody else has it; it was not saved.")
    if slot.state == Slot.State.LEASED and base_revision is None:  # handed out again this instant
        Slot.objects.filter(pk=slot.pk).update(state=Slot.State.DONE, lease_until=None)
        return _new(slot, annotator, client_uuid)
    if slot.state == Slot.State.DONE and base_revision is not None:
        return _editable(slot, round, annotator, base_revision)
    if slot.state == Slot.State.DONE:
        raise Refused("already_labelled", "You have labelled this sample already; look at it among your last ten.")
    raise Refused("lease_lost", "This sample is not yours any more; the label was not saved.")


def _editable(slot: Slot, round: Round, annotator: User, base_revision: int) -> Annotation:
    annotation = Annotation.objects.select_for_update(no_key=True).get(slot=slot)
    if annotation.revision != base_revision:
        raise Refused("edited_elsewhere", "This label was changed in another window; look at it again first.")
    recent = Annotation.objects.filter(annotator=annotator, item__round=round).order_by("-submitted_at", "-pk")
    if annotation.pk not in recent.values_list("pk", flat=True)[: conf.EDITABLE]:
        raise Refused("too_old", f"Only your last {conf.EDITABLE} labels can be changed.")
    return annotation


def _store(
    annotation: Annotation, round: Round, annotator: User, client_uuid: UUID, label: LabelInput, digest: str
) -> None:
    """Write the current label and the history row of it, chained to the one before."""
    values = label.fields()
    annotation.revision += 1
    annotation.prev_sha256 = annotation.sha256
    annotation.guideline_id = round.guideline_id
    annotation.submitted_at = annotation.submitted_at or timezone.now()
    annotation.payload_sha256 = digest
    for name, value in values.items():
        setattr(annotation, name, value)
    annotation.sha256 = label_sha256(
        label=values, context=_context(annotation, round, annotator), prev_sha256=annotation.prev_sha256
    )
    annotation.save()
    AnnotationRevision.objects.create(
        annotation=annotation,
        client_uuid=client_uuid,
        revision=annotation.revision,
        payload_sha256=digest,
        sha256=annotation.sha256,
        prev_sha256=annotation.prev_sha256,
        submitted_at=timezone.now(),
        after_suggestion=annotation.revision > 1 and SuggestionView.objects.filter(annotation=annotation).exists(),
        **values,
    )


def _context(annotation: Annotation, round: Round, annotator: User) -> dict[str, Any]:
    return {
        "round": round.pk,
        "record": annotation.item.record.content_hash,
        "annotator": annotator.pseudonym,
        "guideline_version": round.guideline.version,
        "revision": annotation.revision,
    }


def _audit(annotation: Annotation, round: Round, annotator: User) -> None:
    edited = annotation.revision > 1
    record(
        action="annotation.edit" if edited else "annotation.submit",
        actor=annotator,
        project=round.project,
        target=annotation,
        payload={
            "item": annotation.item_id,
            "revision": annotation.revision,
            "sha256": annotation.sha256,
            "prev_sha256": annotation.prev_sha256,
        },
    )
    touch(f"project:{round.project_id}:rounds")
