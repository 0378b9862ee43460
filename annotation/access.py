"""Getters that check permission: a view can't reach a row without one of these.

People outside the project get 404; members whose role doesn't cover the act get 403. An annotator sees only rounds
to which they are invited.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from annotation.models import (
    Annotation,
    Flag,
    GoldLabel,
    Guideline,
    GuidelineNote,
    LabelImport,
    Qualification,
    QualityReview,
    Round,
    RoundAnnotator,
    RoundItem,
    Slot,
)
from annotation.selectors import may_see_round
from annotation.selectors_adjudication import RESOLVED_BY
from annotation.selectors_quality import feedback_for
from pixelhub.accounts.access import can, capabilities, projects_of, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with


def get_round_for(user: User, pk: int, capability: Capability | None = None) -> Round:
    """A round that this person may see and, with `capability`, act on."""
    rounds = Round.objects.select_related("project", "guideline", "snapshot")
    round = rounds.annotate(invited=_invited(user, "pk")).filter(pk=pk).first()
    if round is None:
        raise Http404("No such round.")
    _check_round(user, round, capability, invited=round.invited)
    return round


def get_slot_to_label(user: User, round_pk: int, pk: int) -> Slot:
    """A slot with all that a submit reads of it, its round among it: checked as `get_round_for` and `get_slot_for` do.

    One statement, and one for the person's roles: nothing is sent more often.
    """
    slots = Slot.objects.select_related("item__record", "round__project", "round__guideline")
    slot = slots.annotate(invited=_invited(user, "round")).filter(pk=pk, round=round_pk).first()
    if slot is None:
        get_round_for(user, round_pk, Capability.ANNOTATE)  # what they may not see comes before what is not there
        raise Http404("No such slot.")
    _check_round(user, slot.round, Capability.ANNOTATE, invited=slot.invited)
    return slot


def _invited(user: User, round: str) -> Exists:
    return Exists(RoundAnnotator.objects.filter(round=OuterRef(round), annotator=user))


def _check_round(user: User, round: Round, capability: Capability | None, *, invited: bool) -> None:
    if not capabilities(user, round.project):
        raise Http404("No such round.")
    if capability is not None:
        require(user, round.project, capability)
    if not may_see_round(user, round, invited=invited):
        raise PermissionDenied("You are not part of this round.")


def get_slot_for(user: User, round: Round, pk: int) -> Slot:
    """Any slot of a visible round; whether it is this person's is for the services to say."""
    require(user, round.project, Capability.ANNOTATE)
    return get_object_or_404(Slot.objects.select_related("item__round"), pk=pk, item__round=round)


def get_item_for(user: User, round: Round, pk: int) -> RoundItem:
    """A sample of a round for somebody who decides disagreements."""
    require(user, round.project, Capability.ADJUDICATE)
    return get_object_or_404(RoundItem.objects.select_related("round__guideline", "record"), pk=pk, round=round)


def get_flag_for(user: User, pk: int) -> Flag:
    """A flag of one of the user's projects, for somebody who looks into flags of its kind."""
    flags = Flag.objects.select_related("item__round__project").filter(item__round__project__in=projects_of(user))
    flag = get_object_or_404(flags, pk=pk)
    require(user, flag.item.round.project, RESOLVED_BY[flag.kind])
    return flag


def get_own_seat_for(user: User, round: Round) -> RoundAnnotator:
    """This person's own place in a round; nobody else's can be asked for."""
    seat = RoundAnnotator.objects.filter(round=round, annotator=user).first()
    if seat is None:
        raise PermissionDenied("Only the round's annotators have a digest, each their own.")
    return seat


def get_review_for(user: User, pk: int) -> QualityReview:
    """A drawn label, for somebody who reviews finished work."""
    found = QualityReview.objects.select_related(
        "annotation__item__round__project", "annotation__item__round__guideline", "annotation__item__record"
    )
    review = get_object_or_404(found.filter(annotation__item__round__project__in=projects_of(user)), pk=pk)
    require(user, review.annotation.item.round.project, Capability.ADJUDICATE)
    return review


def get_feedback_for(user: User, pk: int) -> QualityReview:
    """A finding about one of the user's own labels, once it is for them to see."""
    found = QualityReview.objects.filter(annotation__item__round__project__in=projects_of(user))
    review = get_object_or_404(found.select_related("annotation__item__round__project"), pk=pk)
    project = review.annotation.item.round.project
    require(user, project, Capability.ANNOTATE)
    return get_object_or_404(feedback_for(user, project), pk=pk)


def get_guideline_for(user: User, pk: int, capability: Capability | None = None) -> Guideline:
    """A guideline of one of the user's projects."""
    guideline = get_object_or_404(
        Guideline.objects.select_related("project", "approved_by").filter(project__in=projects_of(user)), pk=pk
    )
    if capability is not None:
        require(user, guideline.project, capability)
    return guideline


def get_guideline_note_for(user: User, pk: int) -> GuidelineNote:
    """A note of one of the user's projects, for people who write guidelines there."""
    notes = GuidelineNote.objects.select_related("project").filter(project__in=projects_of(user))
    note = get_object_or_404(notes, pk=pk)
    if not may_write_guidelines(user, note.project):
        raise PermissionDenied("Your role does not write guidelines.")
    return note


def may_write_guidelines(user: User, project: Project) -> bool:
    """Those who set up rounds, decide disagreements or approve: they meet what a guideline leaves open."""
    return any(
        can(user, project, capability)
        for capability in (Capability.ROUND_MANAGE, Capability.ADJUDICATE, Capability.GUIDELINE_APPROVE)
    )


def may_decide_relabel(user: User, project: Project) -> bool:
    """Those who set up rounds, and the clinical lead whose approval asked for it."""
    return can(user, project, Capability.ROUND_MANAGE) or can(user, project, Capability.GUIDELINE_APPROVE)


def require_watcher(user: User, project: Project) -> None:
    """Raise unless this person watches over quality: manages rounds, or decides what is right."""
    if not can(user, project, Capability.ADJUDICATE):
        require(user, project, Capability.ROUND_MANAGE)


def get_annotator_for(user: User, project: Project, pk: int) -> User:
    """Somebody who labels in this project now, or did; for those who watch over quality."""
    people = members_with(project, Capability.ANNOTATE).values("pk")
    here = Qualification.objects.filter(project=project).values("annotator")
    answered = Annotation.objects.filter(item__round__project=project, item__purpose=RoundItem.Purpose.GOLD)
    known = Q(pk__in=people) | Q(pk__in=here) | Q(pk__in=answered.values("annotator"))
    found = get_object_or_404(User, known, pk=pk)
    require_watcher(user, project)
    return found


def get_gold_for(user: User, pk: int) -> GoldLabel:
    """An expert label, for those who set them."""
    gold = get_object_or_404(GoldLabel.objects.filter(project__in=projects_of(user)).select_related("project"), pk=pk)
    require(user, gold.project, Capability.ADJUDICATE)
    return gold


def get_label_import_for(user: User, pk: int, capability: Capability) -> LabelImport:
    """A file of labels that was taken into one of the user's projects."""
    made = get_object_or_404(LabelImport.objects.select_related("project").filter(project__in=projects_of(user)), pk=pk)
    require(user, made.project, capability)
    return made


def can_read_agreement(user: User, round: Round) -> bool:
    """Agreement and other people's labels stay hidden from annotators: labelling is blind."""
    return any(
        can(user, round.project, capability)
        for capability in (Capability.AGREEMENT_VIEW, Capability.ROUND_MANAGE, Capability.ADJUDICATE)
    )
