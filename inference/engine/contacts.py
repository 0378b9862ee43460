"""Whom to call, by locale: a table that an operator can replace (settings.CRISIS_CONTACTS).

Public numbers of national services. The program itself never calls anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypedDict


class Contact(TypedDict):
    """`kind` is "emergency" or "crisis_line"; `contact` is what to dial or open."""

    kind: str
    name: str
    contact: str


ContactTable = Mapping[str, Sequence[Contact]]

_EU: Final[list[Contact]] = [{"kind": "emergency", "name": "Emergency services", "contact": "112"}]

#: Keys are country codes; "" is what an unknown locale gets.
DEFAULT_CONTACTS: Final[ContactTable] = {
    "US": [
        {"kind": "emergency", "name": "Emergency services", "contact": "911"},
        {"kind": "crisis_line", "name": "988 Suicide & Crisis Lifeline (call or text)", "contact": "988"},
    ],
    "CA": [
        {"kind": "emergency", "name": "Emergency services", "contact": "911"},
        {"kind": "crisis_line", "name": "988 Suicide Crisis Helpline (call or text)", "contact": "988"},
    ],
    "GB": [
        {"kind": "emergency", "name": "Emergency services", "contact": "999"},
        {"kind": "crisis_line", "name": "Samaritans", "contact": "116 123"},
    ],
    "IE": [
        {"kind": "emergency", "name": "Emergency services", "contact": "112"},
        {"kind": "crisis_line", "name": "Samaritans", "contact": "116 123"},
    ],
    "AU": [
        {"kind": "emergency", "name": "Emergency services", "contact": "000"},
        {"kind": "crisis_line", "name": "Lifeline", "contact": "13 11 14"},
    ],
    "NZ": [
        {"kind": "emergency", "name": "Emergency services", "contact": "111"},
        {"kind": "crisis_line", "name": "Need to talk? (call or text)", "contact": "1737"},
    ],
    "DE": [*_EU, {"kind": "crisis_line", "name": "TelefonSeelsorge", "contact": "0800 111 0 111"}],
    "FR": [*_EU, {"kind": "crisis_line", "name": "Numéro national de prévention du suicide", "contact": "3114"}],
    "": [
        {"kind": "emergency", "name": "Emergency services (EU and many countries)", "contact": "112"},
        {"kind": "emergency", "name": "Emergency services (US, Canada)", "contact": "911"},
        {"kind": "crisis_line", "name": "988 Suicide & Crisis Lifeline (US, Canada)", "contact": "988"},
        {"kind": "crisis_line", "name": "Crisis lines by country", "contact": "https://findahelpline.com"},
    ],
}


def contacts_for(locale: str, table: ContactTable = DEFAULT_CONTACTS) -> list[Contact]:
    """Contacts of the locale's country ("en-US" -> US); an unknown one gets the international list, never none."""
    parts = locale.split("-")
    country = parts[-1].upper() if len(parts) > 1 else ""
    return list(table.get(country) or table.get("") or DEFAULT_CONTACTS[""])
