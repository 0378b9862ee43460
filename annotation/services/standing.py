"""Where an annotator stands: read, practised, qualified, paused; and whether real work is open to them."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import clean_text
from annotation.models import AnnotationPolicy, Guideline, Qualification, Round, Slot
from annotation.selectors_qualification import work_refusal
from annotation.services.breaks import free_slots
from annotation.services.gold import require_expert
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

STATE = Qualification.State


def standing_of(project: Project, annotator: User, *, lock: bool = False) -> Qualification:
    """This person's row, made when first asked for; with `lock`, locked until the transaction ends."""
    found, _ = Qualification.objects.get_or_create(project=project, annotator=annotator)
    return Qualification.objects.select_for_update(no_key=True).get(pk=found.pk) if lock else found


def require_may_work(*, round: Round, annotator: User, policy: AnnotationPolicy) -> None:
    """Raise `NotAllowed`, with a kind sentence, where real work is not open to this person (`work_refusal`).

    Practice and qualification are open to everybody invited.
    """
    refusal = None if round.is_learning else work_refusal(round.project_id, annotator, policy)
    if refusal is not None:
        raise NotAllowed(refusal.code, refusal.sentence)


def guideline_read(*, guideline: Guideline, annotator: User) -> Qualification:
    """Note that this person has read this approved version."""
    if not can(annotator, guideline.project, Capability.ANNOTATE):
        raise NotAllowed("not_annotator", "Only annotators tick this.")
    if guideline.state != Guideline.State.APPROVED:
        raise Refused("not_approved", "Only an approved version counts.")
    with transaction.atomic():
        standing = standing_of(guideline.project, annotator, lock=True)
        standing.guideline_read = guideline
        if standing.state == STATE.NEW:
            standing.state = STATE.READING
        standing.save(update_fields=["guideline_read", "state", "changed_at"])
        _audit("guideline.read", standing, annotator, version=guideline.version)
    return standing


def annotator_pause(*, project: Project, annotator: User, reason: str, actor: User | None, **evidence: object) -> bool:
    """Stop real work for somebody; their unfinished samples go back at once. False where they are paused already.

    `actor` is None where the hidden samples did it; `evidence` (figures) goes to the audit. Call in a transaction.
    """
    reason = clean_text(reason, name="The reason", limit=300)
    if not reason:
        raise Invalid("reason", "Say why, in a sentence: the person reads it.")
    standing = standing_of(project, annotator)
    now = timezone.now()
    changed = Qualification.objects.filter(pk=standing.pk, paused_at__isnull=True).update(
        state=STATE.PAUSED, paused_at=now, pause_reason=reason, changed_at=now
    )
    if not changed:
        return False
    _give_back(project, annotator)
    _audit("annotator.pause", standing, actor, annotator=annotator.pseudonym, **evidence)
    return True


def annotator_pause_by_hand(*, project: Project, annotator: User, reason: str, actor: User) -> None:
    """QA or the clinical lead pauses somebody."""
    require_expert(project, actor)
    with transaction.atomic():
        if not annotator_pause(project=project, annotator=annotator, reason=reason, actor=actor):
            raise Refused("paused_already", "This person is paused already.")


def annotator_resume(*, project: Project, annotator: User, reason: str, actor: User, practise: bool = False) -> None:
    """End a pause, with a reason: straight back to work, or (`practise`) by way of a practice and a qualification set.

    Hidden samples answered before don't count any more: the watch begins anew.
    """
    require_expert(project, actor)
    reason = clean_text(reason, name="The reason", limit=300)
    if not reason:
        raise Invalid("reason", "Say in a sentence what was agreed.")
    with transaction.atomic():
        standing = standing_of(project, annotator, lock=True)
        if standing.state != STATE.PAUSED:
            raise Refused("not_paused", "This person is not paused any more.")
        if practise:
            standing.state, standing.pause_reason = STATE.PRACTISING, reason
        else:
            standing.state, standing.paused_at, standing.pause_reason = _before_pause(standing), None, ""
        standing.watched_from = timezone.now()
        standing.save()
        action = "annotator.practise" if practise else "annotator.resume"
        _audit(action, standing, actor, annotator=annotator.pseudonym, reason=reason)


def _before_pause(standing: Qualification) -> str:
    if standing.attempts.filter(passed=True).exists():
        return STATE.QUALIFIED
    return STATE.READING if standing.guideline_read_id else STATE.NEW


def _give_back(project: Project, annotator: User) -> None:
    """Real work that this person holds goes back, but for what is being submitted at this instant."""
    held = Slot.objects.filter(annotator=annotator, state=Slot.State.LEASED, item__round__project=project)
    held = held.exclude(item__round__kind__in=Round.LEARNING)
    # Skipping what is locked: another label of the same person may wait for this very row's lock holder.
    free = list(held.select_for_update(skip_locked=True, of=("self",), no_key=True).values_list("pk", flat=True))
    free_slots(Slot.objects.filter(pk__in=free))


def _audit(action: str, standing: Qualification, actor: User | None, **payload: object) -> None:
    record(action=action, actor=actor, project=standing.project, target=standing, payload=payload)
    touch(f"project:{standing.project_id}:rounds")
