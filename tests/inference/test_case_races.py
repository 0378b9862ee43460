"""People, scores and workers at one moment, in processes of their own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.races import in_database, run_race

ACTS = "tests.inference.case_race_acts"


def test_one_wins_nothing_is_lost_and_nothing_happens_twice(module_database_url: str, tmp_path: Path) -> None:
    """Four races on one database, each over a project of its own: a process start costs more than a race."""
    taken, closed, opened, watched = in_database(module_database_url, tmp_path, f"{ACTS}:prepare")

    takers = [[taken["case"], person] for person in taken["people"]]
    assert Counter(run_race(module_database_url, tmp_path, f"{ACTS}:acknowledge", takers)) == {"mine": 1, "held": 5}

    closers = [
        [closed["case"], closed["project"], person] for person in [*closed["people"][:3], None, None, None, None]
    ]
    closing = Counter(run_race(module_database_url, tmp_path, f"{ACTS}:close_or_score", closers))

    keys = [f"c{number}" for number in range(12)]
    orders = [keys, keys[::-1], keys[6:] + keys[:6], keys[::2] + keys[1::2]]
    run_race(module_database_url, tmp_path, f"{ACTS}:open_many", [[opened["project"], order] for order in orders])

    run_race(module_database_url, tmp_path, f"{ACTS}:watch", [[watched["project"]]] * 4)

    left = in_database(module_database_url, tmp_path, f"{ACTS}:look")
    assert left[taken["project"]]["kinds"][0][:2] == ["opened", "acknowledged"]

    beside = left[closed["project"]]
    assert beside["scores"] == 5 and beside["in_order"]
    if closing["won"]:  # alarms that came later are a case of their own: one
        assert closing["won"] == 1
        assert beside["kinds"][0].count("closed") == 1 and beside["kinds"][0][-1] == "closed"
        assert Counter(beside["states"])["closed"] == 1 and len(beside["states"]) <= 2
    else:
        assert beside["states"] == ["verified"]

    many = left[opened["project"]]
    assert Counter(many["keys"]) == {"id:chat": 1, **{f"id:{key}": 1 for key in keys}}
    assert many["scores"] == 49 and many["in_order"]

    assert left[watched["project"]]["kinds"] == [["opened", "escalated"]]
    assert left[watched["project"]]["tiers"] == [2]
