"""Six at once over HTTP, at two web processes on one database: one wins, the others are told so, nobody gets a 5xx."""

from pathlib import Path

import pytest

from benchmarks.reliability.races import hold, two_hubs

PARALLEL = 6


@pytest.mark.slow
def test_one_claim_and_one_of_the_labels_win(database_url: str, tmp_path: Path) -> None:
    with two_hubs(database_url, tmp_path) as hubs:
        answers = hold("slot", hubs, rounds=1, parallel=PARALLEL)
    assert answers.problems == []
    # To whom the one sample was not given, 200 says that there is none.
    assert answers.statuses == {"claim: 200 (won)": 1, "claim: 200": 5, "label: 200 (won)": 1, "label: 409": 5}
