"""Every way to touch a chain that keeps its head is found: each field, each event, each pair, each cut."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from pixelhub.audit.chain import event_hash, verify_events

NASTY = "a\r\nb\x1b[31m\u2028\u202e\x00"
FIELDS: dict[str, Any] = {
    "at": "2026-11-27T12:00:00.000000+00:00",
    "action": "release.compile",
    "actor_id": 7,
    "actor_label": NASTY,
    "project_id": 1,
    "target_type": "datasets_app.Release",
    "target_id": "3",
    "payload_json": '{"note":"a\\r\\n\\u001b[31m"}',
}


def chain(length: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    previous = "0" * 64
    for seq in range(1, length + 1):
        fields = {"seq": seq, **FIELDS, "target_id": str(seq)}
        digest = event_hash(fields, previous)
        events.append({**fields, "prev_hash": previous, "hash": digest})
        previous = digest
    return events


def damaged(events: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """What somebody could make of it with the database's own password, by name of the deed."""
    made: dict[str, list[dict[str, Any]]] = {}
    for place, event in enumerate(events):
        for field, value in FIELDS.items():
            other = value + 1 if isinstance(value, int) else f"{value} "
            made[f"{field} of {event['seq']}"] = [*events[:place], {**event, field: other}, *events[place + 1 :]]
        for field in ("hash", "prev_hash"):
            made[f"{field} of {event['seq']}"] = [*events[:place], {**event, field: "f" * 64}, *events[place + 1 :]]
        without = [*events[:place], *events[place + 1 :]]
        made[f"{event['seq']} deleted"] = without
        made[f"{event['seq']} deleted, the rest renumbered"] = [{**e, "seq": n} for n, e in enumerate(without, 1)]
        made[f"{event['seq']} twice"] = [*events[: place + 1], *events[place:]]
    for one, two in combinations(range(len(events)), 2):
        swapped = list(events)
        swapped[one], swapped[two] = {**events[two], "seq": one + 1}, {**events[one], "seq": two + 1}
        made[f"{one + 1} and {two + 1} exchanged"] = swapped
        moved = list(events)
        moved.insert(two, moved.pop(one))
        made[f"{one + 1} moved to {two + 1}"] = moved
    return made


def test_every_deed_is_found() -> None:
    events = chain(12)
    head = {"head_seq": 12, "head_hash": events[-1]["hash"]}
    assert verify_events(events, **head).ok
    deeds = damaged(events)
    assert len(deeds) > 250
    assert [name for name, rows in deeds.items() if verify_events(rows, **head).ok] == []


@pytest.mark.parametrize("field", ["actor_label", "payload_json", "action"])
def test_line_ends_and_escapes_make_no_two_events_alike(field: str) -> None:
    """No value can imitate the border between two fields, or another spelling of itself."""
    event = {"seq": 1, **FIELDS}
    values = [
        "a",
        "a\n",
        "a\r\n",
        "a\r",
        "a\x1b[0m",
        "a\\n",
        "a\u2028",
        "a\x00",
        "a\u202e",
        'a","seq":2,"x":"',
        "a\u00e9",
        "ae\u0301",
    ]
    assert len({event_hash({**event, field: value}, "0" * 64) for value in values}) == len(values)
    pairs = {
        event_hash({**event, "actor_label": one, "target_type": two}, "") for one, two in (("a", "bc"), ("ab", "c"))
    }
    assert len(pairs) == 2
