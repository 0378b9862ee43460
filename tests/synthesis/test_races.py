"""Readers at once, in processes of their own, on both databases: no row twice, one decision, one import."""

from __future__ import annotations

from pathlib import Path

from tests.races import in_database, run_race

ACTS = "tests.synthesis.race_acts"
ROWS, READERS = 18, 4


def test_readers_at_once(database_url: str, tmp_path: Path) -> None:
    made = in_database(database_url, tmp_path, f"{ACTS}:prepare", ROWS, READERS)
    [batch], readers, first = made["batch"], made["readers"], made["rows"][0]
    # All decide on one row, half of them otherwise; then they read the rest, each what nobody else has.
    decisions = ["kept", "rejected"] * (READERS // 2)
    asked = [[batch, reader, first, decision] for reader, decision in zip(readers, decisions, strict=True)]
    read = run_race(database_url, tmp_path, f"{ACTS}:read_all", asked)
    every = [number for one in read for number in one["numbers"]]
    decided = ROWS - sum(one["first"] != "refused" for one in read)
    assert len(every) == len(set(every)) == decided >= ROWS - 1, "a row was handed to two people"
    done = run_race(database_url, tmp_path, f"{ACTS}:take_and_start", [[batch, reader] for reader in readers])
    assert len({tuple(one) for one in done}) == 1
    after = in_database(database_url, tmp_path, f"{ACTS}:look", batch)
    assert after["decisions"] == ROWS and sum(after["states"].values()) == ROWS
    assert (after["imports"], after["batches"], after["audit"]) == (1, 2, [])
