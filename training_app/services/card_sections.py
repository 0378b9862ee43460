"""The free-text sections of a model card: every revision is kept, the newest is shown."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction

from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_hex
from pixelhub.live.services import touch
from training_app.cards import CARD_IS_OPEN, card_store
from training_app.models import CardSection, ModelVersion
from training_app.services.refusal import SectionRefused
from training_app.topics import versions_topic

MAX_TEXT: Final = 8000
_WRITERS: Final = (Capability.TRAINING_RUN, Capability.SIGNOFF_DECIDE)


def may_write_card(user: User, version: ModelVersion) -> bool:
    """Whether this person writes card sections: who trains knows the limits, who signs what a clinician must know."""
    return any(can(user, version.project, capability) for capability in _WRITERS)


def card_section_write(*, version: ModelVersion, name: str, text: str, seen: int, actor: User) -> CardSection:
    """Add a revision of a section and write the card anew, so that its digest is another one.

    `seen` is the revision that the author had before their eyes. Raises PermissionDenied for people who neither train
    nor sign; SectionRefused for a version that is approved (its card is part of what was signed), a section that
    somebody else changed meanwhile, or a text that says nothing new.
    """
    if not may_write_card(actor, version):
        raise PermissionDenied("The card is written by who trains and by who signs.")
    if name not in CardSection.Name.values:
        raise SectionRefused("There is no such section.")
    cleaned = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()
    if len(cleaned) > MAX_TEXT:
        raise SectionRefused(f"A section holds at most {MAX_TEXT:,} characters.")
    if "\x00" in cleaned or any("\ud800" <= character <= "\udfff" for character in cleaned):
        raise SectionRefused("The text contains a character that cannot be stored.")
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update(no_key=True).get(pk=version.pk)
        if locked.state not in CARD_IS_OPEN:
            raise SectionRefused(
                f"Version {locked.version} is {locked.get_state_display().lower()}: its card is part of what was "
                "signed. Send the version back to review to change it."
            )
        last = CardSection.objects.filter(model_version=locked, name=name).first()
        if (last.revision if last else 0) != seen:
            raise SectionRefused("Somebody changed this section meanwhile; read it again before you save yours.")
        if cleaned == (last.text if last else ""):
            raise SectionRefused("The text is the same as before.")
        section = CardSection.objects.create(
            model_version=locked, name=name, revision=seen + 1, text=cleaned, author=actor
        )
        record(
            action="model_card.section",
            actor=actor,
            project=version.project,
            target=version,
            payload={"section": name, "revision": section.revision, "text_sha256": sha256_hex(cleaned.encode())},
        )
        card_store(locked)
        touch(versions_topic(version.project_id))
    return section
