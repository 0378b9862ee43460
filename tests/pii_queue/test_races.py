"""Colleagues at once, on both databases: never the same conversation, one decision, nothing left behind in the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.races import in_database, run_race

ACTS = "tests.pii_queue.race_acts"
RECORDS, PEOPLE, PAIRS = 24, 6, 8


@pytest.mark.slow
def test_colleagues_at_once(database_url: str, tmp_path: Path) -> None:
    made = in_database(database_url, tmp_path, f"{ACTS}:prepare", RECORDS, PEOPLE, PAIRS + 1)
    project, first, second = made["project"], *made["two"]
    *pairs, left_last, _ = made["twins"]

    shown = run_race(database_url, tmp_path, f"{ACTS}:review_all", [[project, person] for person in made["people"]])
    every = [pk for one in shown for pk in one]
    assert len(every) == len(set(every)) == RECORDS, "a conversation was shown to two people"

    # Two that read the same afterwards, rewritten in the same moment; and one that both decide.
    mine, theirs = [*pairs[0::2], left_last], [*pairs[1::2], left_last]
    outcomes = run_race(database_url, tmp_path, f"{ACTS}:confirm_these", [[first, mine], [second, theirs]])
    for left, right in zip(outcomes[0][:-1], outcomes[1][:-1], strict=True):
        assert sorted([left, right]) == ["reviewed", "withdrawn"], outcomes
    assert sorted(one[-1] for one in outcomes) == ["decided", "reviewed"]

    found = in_database(database_url, tmp_path, f"{ACTS}:look", project, pairs)
    assert (found["states"], found["events"], found["leases"]) == (["reviewed"], RECORDS, 0)
    assert not [text for text in found["texts"] if "Marta" in text]
    assert found["twins"].count("active") == found["twins"].count("withdrawn") == PAIRS

    if database_url.startswith("sqlite"):
        # A process that has not quite ended keeps the log of pages; what was written over lies there until it is cut.
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
            assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        stored = b"".join(path.read_bytes() for path in tmp_path.glob("hub.sqlite3*"))
        assert b"conversation:c1" in stored
        assert b"marta1@example.org" not in stored, "the words stand in a free page of the file"
