"""Words of conversations lie in the columns made for them, in a place where every room has been used."""

from __future__ import annotations

import pytest

from tests.security.place import REFUSED_ROW, SAID, Place
from tests.security.test_canary_text import found_in_the_database

pytestmark = pytest.mark.one_database
#: The columns, with why the words are there.
HOMES = {
    ("datasets_app.Record", "messages"): "the conversation",
}
NEVER = ("audit.", "jobs.", "django_q.", "inference.ScoreLog", "inference.WebhookDelivery", "sessions.", "live.")


def test_in_every_room(place: Place) -> None:
    found = found_in_the_database(SAID) | found_in_the_database(REFUSED_ROW)
    assert ("datasets_app.Record", "messages") in found
    assert sorted(found - set(HOMES)) == []
    assert not [model for model, _ in HOMES if model.startswith(NEVER)]
