"""Colleagues at once, on both databases: never the same conversation, one decision, nothing left behind in the file."""

from pathlib import Path

import pytest

from tests.races import in_database, migrate, run_race

ACTS = "tests.pii_queue.race_acts"
RECORDS, PEOPLE = 24, 6


@pytest.mark.slow
def test_colleagues_at_once(database_url: str, tmp_path: Path) -> None:
    migrate(database_url, tmp_path)

    project, people = in_database(database_url, tmp_path, f"{ACTS}:prepare", RECORDS, PEOPLE)
    shown = run_race(database_url, tmp_path, f"{ACTS}:review_all", [[project, person] for person in people])
    every = [pk for one in shown for pk in one]
    assert len(every) == len(set(every)) == RECORDS, "a conversation was shown to two people"
    left = in_database(database_url, tmp_path, f"{ACTS}:look", project)
    assert (left["states"], left["events"], left["leases"]) == (["reviewed"], RECORDS, 0)
    assert not [text for text in left["texts"] if "Marta" in text]

    people, twins = in_database(database_url, tmp_path, f"{ACTS}:prepare_twins", 8)
    outcomes = run_race(
        database_url, tmp_path, f"{ACTS}:confirm_these", [[people[0], twins[0::2]], [people[1], twins[1::2]]]
    )
    for left_one, right_one in zip(*outcomes, strict=True):
        assert sorted([left_one, right_one]) == ["reviewed", "withdrawn"], outcomes
    found = in_database(database_url, tmp_path, f"{ACTS}:states", twins)
    assert found.count("active") == found.count("withdrawn") == 8

    people, twins = in_database(database_url, tmp_path, f"{ACTS}:prepare_twins", 1)
    in_database(database_url, tmp_path, f"{ACTS}:lapse")
    outcomes = run_race(database_url, tmp_path, f"{ACTS}:confirm_these", [[person, twins[:1]] for person in people])
    assert sorted(one for [one] in outcomes) == ["decided", "reviewed"]

    if database_url.startswith("sqlite"):
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("hub.sqlite3*"))
        assert b"conversation:c1" in stored
        assert b"marta1@example.org" not in stored, "the words stand in a free page of the file"
