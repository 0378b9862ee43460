"""Whom to call, with who checked it: the operator's own table (CRISIS_CONTACTS) or the file, and a project's checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from inference.engine.contacts import DEFAULT_CONTACTS, GOOD_FOR, Contact, contacts_for, place_of, read_entries
from inference.models import ContactCheck
from pixelhub.accounts.models import Project
from pixelhub.canonical import sha256_hex


@dataclass(frozen=True)
class CheckedContact:
    """A contact and what is known of it; `checked_on` is the day of the check that counts, by a person of the project
    (`check`) or, without one, of the file.
    """

    country: str
    kind: str
    name: str
    contact: str
    languages: tuple[str, ...]
    hours: str
    source: str
    checked_on: date | None
    check: ContactCheck | None

    @property
    def key(self) -> str:
        """See `entry_key`."""
        return entry_key(self.country, self.kind, self.name, self.contact)

    @property
    def kind_name(self) -> str:
        """As people read it."""
        return self.kind.replace("_", " ")

    @property
    def state(self) -> str:
        """wrong, unchecked, stale or good."""
        if self.check is not None and self.check.result == ContactCheck.Result.WRONG:
            return "wrong"
        if self.checked_on is None:
            return "unchecked"
        return "stale" if timezone.localdate() - self.checked_on > GOOD_FOR else "good"


def entry_key(country: str, kind: str, name: str, contact: str) -> str:
    """Names a contact by all that a person would dial or read out."""
    return sha256_hex("\n".join((country, kind, name, contact)).encode())[:16]


def contacts_checked_in(project: Project) -> list[CheckedContact]:
    """All of them, those that somebody found wrong first, then those that nobody checked, then by age."""
    checks = _newest(ContactCheck.objects.filter(project=project).select_related("checked_by"))
    found = [_checked(entry, checks) for entry in _entries()]
    order = {"wrong": 0, "unchecked": 1, "stale": 2, "good": 2}
    return sorted(found, key=lambda one: (order[one.state], one.checked_on or date.min, one.country, one.kind))


def place_shown(locale: str) -> str:
    """The country whose contacts a case of this locale shows; "" for the international list."""
    return place_of(locale, settings.CRISIS_CONTACTS or DEFAULT_CONTACTS)


def contacts_at(project: Project, locale: str) -> list[tuple[Contact, CheckedContact]]:
    """The contacts to read out at a place, each with what is known of it."""
    place = place_shown(locale)
    checks = _newest(ContactCheck.objects.filter(project=project, country=place).select_related("checked_by"))
    since = {_identity(entry): entry["checked"] for entry in _file_entries() if entry["checked"]}
    found = []
    for contact in contacts_for(locale, settings.CRISIS_CONTACTS or DEFAULT_CONTACTS):
        entry: dict[str, Any] = {"country": place, **contact}
        found.append((contact, _checked(entry | {"checked": since.get(_identity(entry))}, checks)))
    return found


def keys_found_right(today: date) -> set[str]:
    """Contacts that a person of any project found right within a year; none where the database does not answer."""
    try:
        checks = _newest(ContactCheck.objects.all())
    except DatabaseError:
        return set()
    right = (check for check in checks.values() if check.result == ContactCheck.Result.RIGHT)
    return {check.entry for check in right if today - check.checked_on <= GOOD_FOR}


def _newest(checks: Iterable[ContactCheck]) -> dict[str, ContactCheck]:
    return {check.entry: check for check in sorted(checks, key=lambda one: (one.recorded_at, one.pk))}


@cache
def _file_entries() -> list[dict[str, Any]]:
    return read_entries()


def _identity(entry: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return entry["country"], entry["kind"], entry["name"], entry["contact"]


def _entries() -> list[dict[str, Any]]:
    if not settings.CRISIS_CONTACTS:
        return _file_entries()
    own = settings.CRISIS_CONTACTS.items()
    return [{"country": country, **contact} for country, contacts in own for contact in contacts]


def _checked(entry: dict[str, Any], checks: dict[str, ContactCheck]) -> CheckedContact:
    identity = _identity(entry)
    check = checks.get(entry_key(*identity))
    in_file = date.fromisoformat(entry["checked"]) if entry.get("checked") else None
    return CheckedContact(
        *identity,
        languages=tuple(entry.get("languages") or ()),
        hours=entry.get("hours") or "",
        source=entry.get("source") or "",
        checked_on=check.checked_on if check else in_file,
        check=check,
    )
