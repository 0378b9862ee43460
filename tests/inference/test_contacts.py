"""Contacts by country and language: a checked file, and a check that names what is stale."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from inference.checks import contacts_checked
from inference.engine.contacts import DEFAULT_CONTACTS, contacts_for, read_entries, stale_entries


def test_at_least_twenty_countries_have_somebody_to_call_now_and_somebody_to_talk_to() -> None:
    countries = {country: {one["kind"] for one in contacts} for country, contacts in DEFAULT_CONTACTS.items()}
    assert len(countries) > 20
    assert all({"emergency", "crisis_line"} <= kinds for kinds in countries.values())


def test_the_language_decides_who_comes_first() -> None:
    def lines(locale: str) -> list[str]:
        return [one["contact"] for one in contacts_for(locale) if one["kind"] == "crisis_line"]

    assert lines("fr-BE") == ["0800 32 123", "1813"]
    assert lines("nl-BE") == ["1813", "0800 32 123"]
    assert lines("tr-DE") == ["0800 111 0 111"]
    assert (
        lines("xx-XX") == lines("") == [one["contact"] for one in DEFAULT_CONTACTS[""] if one["kind"] == "crisis_line"]
    )
    own = {"": [{"kind": "crisis_line", "name": "Ours", "contact": "1"}]}
    assert contacts_for("en-GB", own)[0]["name"] == "Ours"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "pizza"},
        {"country": "usa"},
        {"source": ""},
        {"checked": "soon", "checked_by": "x"},
        {"checked": "2026-01-01"},
        {"x": 1},
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    entry = read_entries()[0] | change
    path = tmp_path / "contacts.json"
    path.write_text(json.dumps({"format": "pixelhub.contacts/1", "contacts": [entry]}))
    with pytest.raises(ValueError):
        read_entries(path)


@pytest.mark.django_db
def test_what_was_not_checked_for_a_year_is_stale(settings: Any) -> None:
    entries = [{"country": "GB", "checked": checked} for checked in (None, "2025-01-01", "2026-06-01")]
    assert [entry["checked"] for entry in stale_entries(entries, date(2026, 11, 27))] == [None, "2025-01-01"]
    (warning,) = contacts_checked()
    assert warning.id == "inference.W003"
    settings.CRISIS_CONTACTS = {"": [{"kind": "emergency", "name": "x", "contact": "1"}]}
    assert contacts_checked() == []
