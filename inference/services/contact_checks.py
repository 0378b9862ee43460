"""A person looked whether a number to call is right, and says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from inference.models import ContactCheck
from inference.refusals import CaseInvalid
from inference.selectors_contacts import CheckedContact
from inference.services.case_record import clean_words
from inference.topics import cases_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project, User


@dataclass(frozen=True)
class ContactFound:
    """What a person found: `result` and `how` are choices of ContactCheck, `note` says what is wrong."""

    result: str
    how: str
    checked_on: date
    note: str = ""


@transaction.atomic
def contact_check(*, project: Project, actor: User, contact: CheckedContact, found: ContactFound) -> ContactCheck:
    """Keep it, with who said so. Raises `CaseInvalid` for a day to come, and for “wrong” without a word."""
    require(actor, project, Capability.CASE_RESPOND)
    if found.checked_on > timezone.localdate():
        raise CaseInvalid("checked_on", "That day is still to come.")
    note = clean_words(found.note)
    if found.result == ContactCheck.Result.WRONG and not note:
        raise CaseInvalid("note", "Say what is wrong, and what would be right if you know it.")
    check = ContactCheck.objects.create(
        project=project,
        entry=contact.key,
        country=contact.country,
        kind=contact.kind,
        name=contact.name,
        contact=contact.contact,
        result=found.result,
        how=found.how,
        checked_on=found.checked_on,
        note=note,
        checked_by=actor,
    )
    facts = {
        "entry": contact.key,
        "country": contact.country,
        "kind": contact.kind,
        "result": found.result,
        "how": found.how,
        "checked_on": found.checked_on.isoformat(),
    }
    record(action="contact.check", actor=actor, project=project, target=check, payload=facts)
    touch(cases_topic(project.pk))
    return check
