"""Notes for the next guideline version: written, taken up in a draft, or left for a reason."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from annotation.access import may_write_guidelines
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import sections
from annotation.labels import clean_text
from annotation.models import Guideline, GuidelineNote
from annotation.services.guidelines import guideline_ensure_first
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.live.services import touch

TEXT_LIMIT = 2000
REASON_LIMIT = 500


def guideline_note_add(*, project: Project, author: User, text: str, section: str = "") -> GuidelineNote:
    """Say what the next version should say. `section` is a code of the newest version's sections, "" for the whole.

    Raises `NotAllowed` for people who may not write guidelines, `Invalid` for no text or an unknown section.
    """
    _check_writer(author, project)
    text = clean_text(text, name="The note", limit=TEXT_LIMIT)
    if not text:
        raise Invalid("text", "Write in a sentence what the guideline should say.")
    newest = guideline_ensure_first(project=project)
    if section and section not in {found.code for found in sections(newest.markdown)}:
        raise Invalid("section", "The guideline has no such section.")
    with transaction.atomic():
        note = GuidelineNote.objects.create(project=project, section=section, text=text, written_by=author)
        _audit("guideline.note", note, author)
    return note


def guideline_note_take(*, note: GuidelineNote, actor: User) -> GuidelineNote:
    """Say that the project's draft answers the note. Raises `Refused` without a draft, or when it was decided."""
    _check_writer(actor, note.project)
    with transaction.atomic():
        draft = Guideline.objects.filter(project=note.project_id, state=Guideline.State.DRAFT).first()
        if draft is None:
            raise Refused("no_draft", "There is no draft. Write the next version first, then say that it answers this.")
        return _decide(note, actor, "guideline.note_take", state=GuidelineNote.State.TAKEN, taken_in=draft)


def guideline_note_dismiss(*, note: GuidelineNote, actor: User, reason: str) -> GuidelineNote:
    """Leave the text as it is, with a reason. Raises `Refused` when the note was decided."""
    _check_writer(actor, note.project)
    reason = clean_text(reason, name="The reason", limit=REASON_LIMIT)
    if not reason:
        raise Invalid("reason", "Say why the text may stay as it is.")
    with transaction.atomic():
        return _decide(note, actor, "guideline.note_dismiss", state=GuidelineNote.State.DISMISSED, reason=reason)


def _decide(note: GuidelineNote, actor: User, action: str, **values: object) -> GuidelineNote:
    waiting = GuidelineNote.objects.filter(pk=note.pk, state=GuidelineNote.State.OPEN)
    if not waiting.update(decided_by=actor, decided_at=timezone.now(), **values):
        raise Refused("decided_already", "This note was decided already.")
    note.refresh_from_db()
    _audit(action, note, actor)
    return note


def _audit(action: str, note: GuidelineNote, actor: User) -> None:
    payload = {"section": note.section, "version": note.taken_in.version if note.taken_in else None}
    record(action=action, actor=actor, project=note.project, target=note, payload=payload)
    touch(f"project:{note.project_id}:rounds")


def _check_writer(actor: User, project: Project) -> None:
    if not may_write_guidelines(actor, project):
        raise NotAllowed("may_not_write", "Your role does not write guidelines.")
