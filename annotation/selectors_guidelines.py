"""Reads of guideline versions: which one stands, what a draft changes, whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Prefetch, Q
from django.urls import reverse

from annotation.guideline_diff import TypeChanges, type_changes
from annotation.guideline_text import version_sha256
from annotation.models import Guideline, GuidelineNote, GuidelineReturn, RelabelProposal, Round
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction


@dataclass(frozen=True)
class VersionRow:
    """A version in the list: the rounds that use it, and how many labels wait to be made again because of it."""

    guideline: Guideline
    sent_back: GuidelineReturn | None
    rounds: list[Round]
    proposed: int


def approved_before(guideline: Guideline) -> Guideline | None:
    """The last version before this one that a clinical lead approved: what a new text is compared with."""
    older = Guideline.objects.filter(project=guideline.project_id, version__lt=guideline.version)
    return older.filter(approved_at__isnull=False).order_by("-version").first()


def changes_since_approved(guideline: Guideline, previous: Guideline | None) -> TypeChanges:
    """Which types this text touches; none for a first version, which no label was made before."""
    if previous is None:
        return TypeChanges({}, (), ())
    return type_changes(previous.markdown, guideline.markdown)


def sent_back(guideline: Guideline) -> GuidelineReturn | None:
    """The return of a draft that nobody has changed since; None where it waits for the clinical lead."""
    if guideline.state != Guideline.State.DRAFT:
        return None
    now = version_sha256(guideline.title, guideline.markdown, guideline.change_note)
    return next((entry for entry in guideline.returns.all() if entry.text_sha256 == now), None)


def guideline_versions(user: User, project: Project) -> list[VersionRow]:
    """All versions, newest first, with the rounds that this person may know of (an annotator: their own)."""
    rounds = Round.objects.filter(project=project).order_by("number")
    if not any(
        can(user, project, c) for c in (Capability.ROUND_MANAGE, Capability.AGREEMENT_VIEW, Capability.ADJUDICATE)
    ):
        rounds = rounds.filter(round_annotators__annotator=user).exclude(state=Round.State.DRAFT)
    found = (
        Guideline.objects.filter(project=project)
        .select_related("approved_by", "created_by")
        .prefetch_related(Prefetch("rounds", queryset=rounds, to_attr="shown_rounds"), "returns__returned_by")
        .annotate(
            proposed=Count("relabel_proposals", filter=Q(relabel_proposals__state=RelabelProposal.State.PROPOSED))
        )
    )
    return [VersionRow(row, sent_back(row), row.shown_rounds, row.proposed) for row in found]


def guideline_actions(user: User, project: Project) -> list[NextAction]:
    """What somebody could do about guidelines now."""
    found: list[NextAction] = []
    drafts = Guideline.objects.filter(project=project, state=Guideline.State.DRAFT).prefetch_related("returns")
    for draft in drafts:
        returned = sent_back(draft)
        if returned is None and can(user, project, Capability.GUIDELINE_APPROVE):
            url = reverse("annotation:guideline_detail", args=[draft.pk])
            detail = "No round opens before its guideline is approved."
            title = f"Approve guideline version {draft.version}"
            found.append(NextAction(title, detail, url, 18, role=Role.CLINICAL_LEAD))
        if returned is not None and draft.created_by_id == user.pk:
            url = reverse("annotation:guideline_edit", args=[draft.pk])
            title = f"Guideline version {draft.version} came back"
            found.append(NextAction(title, "The clinical lead says what has to change.", url, 22, role=Role.QA))
    if can(user, project, Capability.ROUND_MANAGE):
        found += _to_relabel(project)
    return found


def _to_relabel(project: Project) -> list[NextAction]:
    open_state = RelabelProposal.State.PROPOSED
    waiting = Guideline.objects.filter(project=project, relabel_proposals__state=open_state)
    return [
        NextAction(
            "Decide what to label again",
            f"Guideline version {guideline.version} changed what these labels were made by.",
            reverse("annotation:relabel", args=[guideline.pk]),
            45,
            guideline.proposed,
            Role.QA,
        )
        for guideline in waiting.annotate(proposed=Count("relabel_proposals")).order_by("version")
    ]


def open_notes(project: Project) -> int:
    """How many notes wait for the next version."""
    return GuidelineNote.objects.filter(project=project, state=GuidelineNote.State.OPEN).count()
