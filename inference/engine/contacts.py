"""Whom to call, by country and language: data/contacts.json, or a table of the operator (settings.CRISIS_CONTACTS).

Public numbers of national services, each with its source, and who last checked it there on which day (null: nobody
has; a hub's own people say so on its page of contacts). The program itself never calls anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict

FORMAT: Final = "pixelhub.contacts/1"
FILE: Final = Path(__file__).parent / "data" / "contacts.json"
KINDS: Final = ("emergency", "crisis_line", "text_line", "poison_control", "domestic_violence", "bereavement")
#: An entry that was not checked for longer is shown as stale.
GOOD_FOR: Final = timedelta(days=365)
_FIELDS: Final = {"country", "kind", "name", "contact", "languages", "hours", "source", "checked", "checked_by"}


class Contact(TypedDict):
    """`kind` is one of KINDS; `contact` is what to dial or open; languages are ISO 639-1 codes."""

    kind: str
    name: str
    contact: str
    languages: NotRequired[list[str]]
    hours: NotRequired[str]


ContactTable = Mapping[str, Sequence[Contact]]


def read_entries(path: Path = FILE) -> list[dict[str, Any]]:
    """The entries of a contacts file, each checked. Raises ValueError naming the first that is wrong."""
    data = json.loads(path.read_text(encoding="utf-8"))
    if data.get("format") != FORMAT:
        raise ValueError(f"{path.name} is not of the format {FORMAT}")
    for number, entry in enumerate(data["contacts"]):
        if (reason := _wrong(entry)) is not None:
            raise ValueError(f"contacts[{number}]: {reason}")
    return list(data["contacts"])


def table_of(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Contact]]:
    """Entries by country, in their order."""
    table: dict[str, list[Contact]] = {}
    for entry in entries:
        contact: Contact = {"kind": entry["kind"], "name": entry["name"], "contact": entry["contact"]}
        contact |= {"languages": list(entry["languages"]), "hours": entry["hours"]}
        table.setdefault(entry["country"], []).append(contact)
    return table


def stale_entries(entries: Sequence[Mapping[str, Any]], today: date) -> list[Mapping[str, Any]]:
    """Entries that nobody has checked against their source, or not for a year."""
    return [
        entry
        for entry in entries
        if entry["checked"] is None or today - date.fromisoformat(entry["checked"]) > GOOD_FOR
    ]


def contacts_for(locale: str, table: ContactTable | None = None) -> list[Contact]:
    """Contacts of the locale's country, those in its language first ("fr-BE"); an unknown country gets the
    international list, never none.
    """
    table = DEFAULT_CONTACTS if table is None else table
    language = locale.split("-")[0].lower()
    found = table.get(place_of(locale, table)) or DEFAULT_CONTACTS[""]
    return sorted(found, key=lambda contact: bool(language) and language not in contact.get("languages", [language]))


def place_of(locale: str, table: ContactTable) -> str:
    """Under which key of the table the locale's contacts stand; "" is the international list."""
    parts = locale.split("-")
    country = parts[-1].upper() if len(parts) > 1 else ""
    return country if table.get(country) else ""


def _wrong(entry: Mapping[str, Any]) -> str | None:
    if set(entry) != _FIELDS:
        return f"has other fields than {', '.join(sorted(_FIELDS))}"
    if entry["kind"] not in KINDS:
        return "has an unknown kind"
    if not (entry["country"] == "" or (len(entry["country"]) == 2 and entry["country"].isupper())):
        return "has no country code"
    if not entry["name"] or not entry["contact"] or not str(entry["source"]).startswith("https://"):
        return "lacks a name, a contact or a source"
    if (entry["checked"] is None) != (entry["checked_by"] is None):
        return "names a day or a person, and not both"
    if entry["checked"] is not None:
        date.fromisoformat(entry["checked"])
    return None


#: Keys are country codes; "" is what an unknown locale gets.
DEFAULT_CONTACTS: Final[ContactTable] = table_of(read_entries())
