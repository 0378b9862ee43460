"""Guideline versions: the first one, new ones, approval."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from annotation.errors import Invalid, NotAllowed, Refused
from annotation.guideline_text import FIRST_VERSION
from annotation.labels import clean_text
from annotation.models import Guideline
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
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
        return guideline_create(project=project, title="Annotation guidelines", markdown=text, actor=actor)
    except Refused:  # another request made it between the look and the write
        return Guideline.objects.filter(project=project).earliest("version")


def guideline_create(*, project: Project, title: str, markdown: str, actor: User | None) -> Guideline:
    """Add the next version as a draft."""
    title = clean_text(title, name="The title", limit=200)
    markdown = clean_text(markdown, name="The text", limit=MARKDOWN_LIMIT)
    if not title or not markdown:
        raise Invalid("empty", "A guideline needs a title and a text.")
    last = Guideline.objects.filter(project=project).aggregate(last=Max("version"))["last"] or 0
    try:
        with transaction.atomic():
            guideline = Guideline.objects.create(
                project=project, version=last + 1, title=title, markdown=markdown, created_by=actor
            )
            _audit("guideline.create", guideline, actor)
    except IntegrityError as error:
        raise Refused("version_taken", "Somebody else added a version just now. Look at it first.") from error
    return guideline


def guideline_approve(*, guideline: Guideline, actor: User, comment: str) -> Guideline:
    """Approve a draft; an older approved version is retired (rounds that use it keep it)."""
    if not can(actor, guideline.project, Capability.GUIDELINE_APPROVE):
        raise NotAllowed("not_clinical_lead", "Only a clinical lead approves a guideline.")
    comment = clean_text(comment, name="The comment", limit=2000)
    if not comment:
        raise Invalid("comment", "Say in a sentence why this version is ready.")
    with transaction.atomic():
        now = timezone.now()
        changed = Guideline.objects.filter(pk=guideline.pk, state=Guideline.State.DRAFT).update(
            state=Guideline.State.APPROVED, approved_by=actor, approved_at=now, approval_comment=comment
        )
        if not changed:
            raise Refused("not_a_draft", "This version was decided already.")
        Guideline.objects.filter(
            project=guideline.project_id, state=Guideline.State.APPROVED, version__lt=guideline.version
        ).update(state=Guideline.State.RETIRED)
        guideline.refresh_from_db()
        _audit("guideline.approve", guideline, actor)
        touch(f"project:{guideline.project_id}:rounds")
    return guideline


def _audit(action: str, guideline: Guideline, actor: User | None) -> None:
    text_hash = sha256_hex(guideline.markdown.encode("utf-8"))
    record(
        action=action,
        actor=actor,
        project=guideline.project,
        target=guideline,
        payload={"version": guideline.version, "text_sha256": text_hash},
    )
