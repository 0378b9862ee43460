"""One expert twice, three for two places, two draws of one name, three who freeze: at once, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.races import in_database, run_race

ACTS = "tests.review.race_expert_sets"


@pytest.fixture(scope="module")
def hub(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A migrated database and a var folder of this module's own."""
    return module_database_url, tmp_path_factory.mktemp("expert-sets")


def test_an_expert_says_it_once_no_conversation_gets_more_ratings_than_asked_and_a_set_is_frozen_once(
    hub: tuple[str, Path],
) -> None:
    unrated, rated, leads, (first, second, third) = in_database(*hub, f"{ACTS}:prepare")
    meeting = [["rate", unrated, person] for person in (first, first, second, second, third, third)]
    meeting += [["draw", unrated, lead] for lead in leads[:2]]
    meeting += [["freeze", rated, lead] for lead in leads]
    answers = run_race(*hub, f"{ACTS}:act", meeting)
    ratings, draws, freezes = answers[:6], answers[6:8], answers[8:]
    assert ratings.count("done") == 2 and all(one == "done" or "already" in one for one in ratings)
    assert "done" in draws and all(one == "done" or "at the same moment" in one for one in draws)
    assert freezes.count("done") == 1 and all(one == "done" or "frozen" in one for one in freezes)
    after = in_database(*hub, f"{ACTS}:look", unrated, rated)
    assert after["raters"] == ["e1", "e2"] and len(set(after["experts"])) == 2
    assert after["versions"] == list(range(1, 3 + draws.count("done")))
    assert after["events"]["example.rate"] == 2 + 20
    assert (after["state"], after["events"]["expert_set.freeze"], after["audit"]) == ("frozen", 1, [])
