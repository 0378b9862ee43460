"""PostgreSQL crashes under people who label, and starts again: nothing acknowledged is lost, the hub recovers alone."""

from pathlib import Path
from signal import SIGQUIT

import pytest

from benchmarks.reliability.outages import database_restarts

SIZE = {"samples": 20, "people": 4, "overlap": 2}


@pytest.mark.slow
def test_a_crashed_postgresql_loses_no_acknowledged_label(tmp_path: Path) -> None:
    found = database_restarts(tmp_path, SIZE, SIGQUIT, "PostgreSQL crashed")
    if not found:
        pytest.skip("PostgreSQL's server programs are not installed")
    (outcome,) = found
    assert outcome.holds, outcome
    assert (outcome.found.acknowledged, outcome.found.stored) == (40, 40)
    assert outcome.failures, "nobody met the crash"
