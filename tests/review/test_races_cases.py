"""Experts who claim, leads who share out and somebody who leaves, at the same moment, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.races import in_database, run_race

ACTS = "tests.review.race_cases"


@pytest.fixture(scope="module")
def hub(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A migrated database and a var folder of this module's own."""
    return module_database_url, tmp_path_factory.mktemp("cases")


def test_seats_are_never_too_many_and_in_the_end_enough(hub: tuple[str, Path]) -> None:
    campaign, lead, (leaving, *staying) = in_database(*hub, f"{ACTS}:prepare")
    meeting = [["leave", campaign, leaving], ["claim", campaign, leaving]]
    meeting += [["claim", campaign, person] for person in staying[:2]]
    meeting += [["reassign", campaign, lead]] * 2
    answers = run_race(*hub, f"{ACTS}:act", meeting)
    assert answers[0] == "done" and answers[2:] == ["done"] * 4
    after = in_database(*hub, f"{ACTS}:look", campaign)
    assert after["most"] == 1, "nobody sits twice at one case"
    assert after["readers"] == [2, 2, 2, 2], "every case has its minimum, none more than its maximum"
    assert leaving not in after["open"], "nothing waits with somebody who is away"
    assert after["audit"] == []
