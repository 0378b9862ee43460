"""A clinical lead's word on a draft: approved, or sent back with what has to change."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_diff import TypeChanges
from annotation.labels import clean_text
from annotation.models import Guideline, GuidelineReturn, Round
from annotation.selectors_guidelines import approved_before, changes_since_approved
from annotation.services.guidelines import audit_guideline, locked_draft, text_sha256
from annotation.services.relabel import relabel_start
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability


def guideline_approve(
    *,
    guideline: Guideline,
    actor: User,
    comment: str,
    expected_sha256: str = "",
    shared_types: Collection[str] | None = None,
) -> Guideline:
    """Approve a draft; older approved versions retire (rounds that are open keep them, draft rounds follow).

    Labels under older versions whose type's own section changed are proposed to be made again. For changes in
    sections that concern all types the lead chooses the types, `shared_types`; None means those that the changed
    lines name, or all. `expected_sha256` is the hash of the text that was read. Raises `Refused` when the draft was
    decided or changed meanwhile.
    """
    comment = _said(actor, guideline, comment, "Say in a sentence why this version is ready.")
    if shared_types is not None and set(shared_types) - set(CRISIS_TYPES):
        raise Invalid("shared_types", "One of the types is unknown.")
    with transaction.atomic():
        draft = locked_draft(guideline, expected_sha256)
        previous = approved_before(draft)
        changes = changes_since_approved(draft, previous)
        draft.state, draft.approved_by, draft.approved_at = Guideline.State.APPROVED, actor, timezone.now()
        draft.approval_comment = comment
        draft.relabel_types = _relabel_types(changes, shared_types)
        draft.save(update_fields=["state", "approved_by", "approved_at", "approval_comment", "relabel_types"])
        older = Guideline.objects.filter(project=draft.project_id, version__lt=draft.version)
        older.filter(state=Guideline.State.APPROVED).update(state=Guideline.State.RETIRED)
        waiting = Round.objects.filter(guideline__in=older, state=Round.State.DRAFT)
        followed = list(waiting.values_list("number", flat=True))
        waiting.update(guideline=draft)
        audit_guideline(
            "guideline.approve",
            draft,
            actor,
            since_version=previous.version if previous else None,
            relabel_types=draft.relabel_types,
            rounds_following=followed[:100],
        )
        if draft.relabel_types:
            relabel_start(guideline=draft, actor=actor)
    guideline.refresh_from_db()
    return guideline


def guideline_send_back(*, guideline: Guideline, actor: User, comment: str, expected_sha256: str) -> GuidelineReturn:
    """Say what has to change before approval. The draft stays a draft; edited, it waits for the lead again."""
    comment = _said(actor, guideline, comment, "Say what has to change.")
    try:
        with transaction.atomic():
            draft = locked_draft(guideline, expected_sha256)
            sent_back = GuidelineReturn.objects.create(
                guideline=draft, text_sha256=text_sha256(draft), comment=comment, returned_by=actor
            )
            audit_guideline("guideline.send_back", draft, actor)
    except IntegrityError as error:
        raise Refused("sent_back_already", "This text was sent back already; it waits for its authors.") from error
    return sent_back


def _said(actor: User, guideline: Guideline, comment: str, missing: str) -> str:
    if not can(actor, guideline.project, Capability.GUIDELINE_APPROVE):
        raise NotAllowed("not_clinical_lead", "Only a clinical lead approves a guideline.")
    comment = clean_text(comment, name="The comment", limit=2000)
    if not comment:
        raise Invalid("comment", missing)
    return comment


def _relabel_types(changes: TypeChanges, shared_types: Collection[str] | None) -> list[str]:
    shared = changes.suggested if shared_types is None else shared_types
    chosen = {*changes.own, *(shared if changes.shared else ())}
    return [kind for kind in CRISIS_TYPES if kind in chosen]
