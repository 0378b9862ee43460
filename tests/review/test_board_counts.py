"""The board is right against a second count in plain SQL: an empty project, half way, and done, on both databases."""

from __future__ import annotations

from pathlib import Path

from tests.races import in_database


def test_the_board_says_what_a_second_count_finds(database_url: str, tmp_path: Path) -> None:
    found = in_database(database_url, tmp_path, "tests.review.board_states:differences")
    assert found["differences"] == {"empty": [], "half way": [], "done": []}
    lines, gates, metrics = found["done"]["done"]
    assert (lines, gates, metrics) == (50, 16, 7), "by the data, done is done"
    assert found["done"]["empty"] == [0, 0, 0]
    assert all(0 < part < whole for part, whole in zip(found["done"]["half way"], (50, 16, 7), strict=True))
