"""Writers, an end and sweepers at once, in processes of their own, on SQLite and PostgreSQL."""

from __future__ import annotations

import uuid
from pathlib import Path

from tests.inference.session_race_acts import SILENT
from tests.races import in_database, run_race

ACTS = "tests.inference.session_race_acts"


def ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def test_writers_an_end_and_sweepers_at_once(module_database_url: str, tmp_path: Path) -> None:
    made = in_database(module_database_url, tmp_path, f"{ACTS}:prepare")
    first, second = ids(7), ids(7)
    roles = [
        *(("write", made["written"], turn_ids) for turn_ids in (first, second, first)),
        *((role, made["ended"], ids(5)) for role in ("end", "write", "write")),
        *(("sweep", made["ended"], []) for _ in range(3)),
    ]
    racers = [[role, session, made["person"], turn_ids] for role, session, turn_ids in roles]
    said = run_race(module_database_url, tmp_path, f"{ACTS}:act", racers)
    written, ended = in_database(module_database_url, tmp_path, f"{ACTS}:look", [made["written"], made["ended"]])

    # Every turn has one place, whoever sent it twice, and was judged in the window before its place.
    assert sorted(written["numbers"].values()) == list(range(1, 15)) and written["turns"] == 14
    assert said[0] | said[1] == written["numbers"] and said[2] == said[0]
    assert written["windows"] == [min(number, 10) for number in range(1, 15)]
    assert written["texts"] == 9
    # No words slip in behind an end; what was acknowledged before it is there.
    told = said[3] | said[4] | said[5]
    assert (ended["state"], ended["texts"]) == ("ended", 0)
    assert ended["numbers"] == told and sorted(told.values()) == list(range(1, len(told) + 1))
    # Each silent session was ended by one of the sweepers.
    assert sum(done["ended"] for done in said[6:]) == SILENT
    assert sum(done["texts"] for done in said[6:]) == 3
