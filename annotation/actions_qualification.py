"""What home offers around qualification: first steps to an annotator, paused people and missing sets to QA."""

from __future__ import annotations

from django.urls import reverse

from annotation.models import Qualification, Round
from annotation.selectors_qualification import (
    current_guideline,
    next_set,
    practice_left,
    standing_now,
    work_refusal,
)
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction

STATE = Qualification.State


def qualification_actions(user: User, project: Project) -> list[NextAction]:
    """Next actions of this person; each only to those who can do it."""
    found: list[NextAction] = []
    if can(user, project, Capability.ANNOTATE):
        found += _first_steps(user, project)
    if can(user, project, Capability.ADJUDICATE):
        found += _paused(project)
    if can(user, project, Capability.ROUND_MANAGE):
        found += _sets_wanted(project)
    return found


def _first_steps(user: User, project: Project) -> list[NextAction]:
    url = reverse("annotation:start")
    refusal = work_refusal(project.pk, user)
    if refusal is not None and refusal.code == "paused":
        detail = "Labelling is paused for you for now; QA will talk with you."
        return [NextAction("Where you stand", detail, url, 20, role=Role.ANNOTATOR)]
    if refusal is not None:
        detail = "The guideline, some practice and a short test open real work to you."
        return [NextAction("Start here", detail, url, 18, role=Role.ANNOTATOR)]
    standing = standing_now(project, user)
    offered = standing.state != STATE.QUALIFIED and practice_left(project, user)
    if offered and current_guideline(project) is not None:
        detail = "Practise on conversations that experts have labelled, with their reasons."
        return [NextAction("Practise", detail, url, 45, role=Role.ANNOTATOR)]
    return []


def _paused(project: Project) -> list[NextAction]:
    paused = Qualification.objects.filter(project=project, state=STATE.PAUSED).count()
    if not paused:
        return []
    detail = "Hidden expert labels were missed. Talk with them, then let them go on or practise."
    url = reverse("annotation:drift")
    return [NextAction("Annotators are paused", detail, url, 11, paused, Role.QA)]


def _sets_wanted(project: Project) -> list[NextAction]:
    """People who may take a qualification and find no set that is new to them."""
    waiting = Qualification.objects.filter(project=project, state__in=(STATE.FAILED, STATE.PRACTISING, STATE.READING))
    stuck = [
        standing
        for standing in waiting.select_related("annotator")
        if work_refusal(project.pk, standing.annotator) is not None
        and next_set(project, standing.annotator, Round.Kind.QUALIFICATION) is None
    ]
    if not stuck:
        return []
    detail = "Somebody is ready for a qualification, and no set is new to them."
    url = reverse("annotation:learning_sets")
    return [NextAction("Make a qualification set", detail, url, 25, len(stuck), Role.QA)]
