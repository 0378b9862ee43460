"""Guideline versions being written: the first one, the next one, edits of a draft, withdrawal."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max

from annotation.access import may_write_guidelines
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_parts import unix_lines
from annotation.guideline_text import FIRST_VERSION, version_sha256
from annotation.labels import clean_text
from annotation.models import Guideline, GuidelineNote
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_hex
from pixelhub.live.services import touch

MARKDOWN_LIMIT = 200_000


def guideline_ensure_first(*, project: Project, actor: User | None = None) -> Guideline:
    """The project's newest guideline; version 1 from the product's own text where there is none yet."""
    newest = Guideline.objects.filter(project=project).first()
    if newest is not None:
        return newest
    text = FIRST_VERSION.read_text(encoding="utf-8")
    try:
        return guideline_create(project=project, title="Annotation guidelines", markdown=text, actor=None)
    except Refused:  # another request made it between the look and the write
        return Guideline.objects.filter(project=project).earliest("version")


def guideline_create(
    *,
    project: Project,
    title: str,
    markdown: str,
    actor: User | None,
    change_note: str = "",
    based_on: int | None = None,
) -> Guideline:
    """Add the next version as a draft; a project has one draft at a time.

    `based_on` is the newest version that the writer started from: `Refused` when there is a newer one by now, so that
    nobody's change is lost unseen. Raises `NotAllowed` for people who may not write, `Invalid` for an empty text.
    """
    if actor is not None:
        _check_writer(actor, project)
    values = _cleaned(title, markdown, change_note)
    try:
        with transaction.atomic():
            last = Guideline.objects.filter(project=project).aggregate(last=Max("version"))["last"] or 0
            if based_on is not None and last != based_on:
                raise Refused("version_moved", f"Version {last} was added since you began. Compare it with yours.")
            if Guideline.objects.filter(project=project, state=Guideline.State.DRAFT).exists():
                raise Refused("draft_open", f"Version {last} is still a draft: go on with it, or withdraw it first.")
            guideline = Guideline.objects.create(project=project, version=last + 1, created_by=actor, **values)
            audit_guideline("guideline.create", guideline, actor)
    except IntegrityError as error:
        raise Refused("version_taken", "Somebody else added a version just now. Look at it first.") from error
    return guideline


def guideline_edit(
    *, guideline: Guideline, actor: User, title: str, markdown: str, change_note: str, expected_sha256: str
) -> Guideline:
    """Change a draft. `expected_sha256` is `text_sha256` of the text that the editor saw.

    Raises `Refused` when somebody changed it meanwhile, or when it was decided or withdrawn.
    """
    _check_writer(actor, guideline.project)
    values = _cleaned(title, markdown, change_note)
    with transaction.atomic():
        draft = locked_draft(guideline, expected_sha256)
        if version_sha256(values["title"], values["markdown"], values["change_note"]) == expected_sha256:
            return draft
        for name, value in values.items():
            setattr(draft, name, value)
        draft.save(update_fields=list(values))
        audit_guideline("guideline.edit", draft, actor)
    return draft


def guideline_withdraw(*, guideline: Guideline, actor: User) -> Guideline:
    """Take a draft back; its text stays to be read. Raises `Refused` where a round is set up to use it."""
    _check_writer(actor, guideline.project)
    with transaction.atomic():
        draft = locked_draft(guideline)
        if draft.rounds.exists():
            raise Refused("used_by_a_round", "A round is set up to use this version; it can't be withdrawn.")
        draft.state = Guideline.State.WITHDRAWN
        draft.save(update_fields=["state"])
        # What it would have answered waits for the next one.
        waiting = GuidelineNote.State.OPEN
        draft.notes_taken_up.update(state=waiting, taken_in=None, decided_by=None, decided_at=None)
        audit_guideline("guideline.withdraw", draft, actor)
    return draft


def text_sha256(guideline: Guideline) -> str:
    """Hash of what a version says: title, text and change note."""
    return version_sha256(guideline.title, guideline.markdown, guideline.change_note)


def locked_draft(guideline: Guideline, expected_sha256: str = "") -> Guideline:
    """The draft, locked; inside a transaction. `Refused` when decided already, or when its text is another by now."""
    found = Guideline.objects.select_for_update(of=("self",), no_key=True).select_related("project")
    draft = found.get(pk=guideline.pk)
    if draft.state != Guideline.State.DRAFT:
        raise Refused("not_a_draft", "This version was decided already.")
    if expected_sha256 and text_sha256(draft) != expected_sha256:
        raise Refused("edited_elsewhere", "Somebody changed this draft since you opened it. Look at it again first.")
    return draft


def audit_guideline(action: str, guideline: Guideline, actor: User | None, **more: object) -> None:
    """The act with the version and the hash of its text, never the text."""
    text_hash = sha256_hex(guideline.markdown.encode("utf-8"))
    record(
        action=action,
        actor=actor,
        project=guideline.project,
        target=guideline,
        payload={"version": guideline.version, "text_sha256": text_hash, **more},
    )
    touch(f"project:{guideline.project_id}:rounds")


def _cleaned(title: str, markdown: str, change_note: str) -> dict[str, str]:
    values = {
        "title": clean_text(title, name="The title", limit=200),
        "markdown": clean_text(unix_lines(markdown), name="The text", limit=MARKDOWN_LIMIT),
        "change_note": clean_text(unix_lines(change_note), name="The change note", limit=2000),
    }
    if not values["title"] or not values["markdown"]:
        raise Invalid("empty", "A guideline needs a title and a text.")
    return values


def _check_writer(actor: User, project: Project) -> None:
    if not may_write_guidelines(actor, project):
        raise NotAllowed("may_not_write", "Your role does not write guidelines.")
