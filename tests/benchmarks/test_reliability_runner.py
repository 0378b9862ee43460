"""The long forms of docs/reliability.md: what they tell is collected, and what does not hold is said."""

import pytest

from benchmarks.reliability.__main__ import run
from benchmarks.reliability.figures import tell, told
from benchmarks.reliability.races import Answers
from benchmarks.reliability.rows import ROWS, Row
from benchmarks.reliability.web_kills import moments_of

TELLS = """python -c "print('figure: {\\"row\\": 3, \\"what\\": \\"slot\\", \\"holds\\": false, \\"rounds\\": 2}')" """


def test_a_figure_is_read_as_it_was_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(4, "kills", holds=True, lost=0)
    assert told(capsys.readouterr().out) == {"row": 4, "what": "kills", "holds": True, "lost": 0}
    assert told("something else\n") is None


def test_a_command_that_fails_is_named_with_its_figures_or_its_last_line() -> None:
    row = Row(3, "races", (), ())
    assert run(row, TELLS).lines() == ["| 3 | slot | held | rounds 2 |"]
    failing = """python -c "import sys; print('said'); sys.exit(3)" """
    assert run(row, failing).lines() == [f"| 3 | {failing} | FAILED (3) | said |"]


def test_moments_are_those_of_the_seed_and_leave_time_to_come_back() -> None:
    moments = moments_of(1000, 12, seed=1)
    assert moments == moments_of(1000, 12, seed=1) != moments_of(1000, 12, seed=2)
    assert len(set(moments)) == 12 and moments == sorted(moments) and moments[-1] < 900


def test_two_winners_none_and_a_5xx_are_problems() -> None:
    answers = Answers()
    answers.add("slot", 0, [(200, None), (409, None)], [True, False])
    assert answers.problems == [] and answers.statuses == {"slot: 200 (won)": 1, "slot: 409": 1}
    answers.add("slot", 1, [(200, None), (200, None)], [True, True])
    answers.add("slot", 2, [(409, None), (409, None)], [False, False])
    answers.add("slot", 3, [(200, None), (503, None)], [True, False])
    assert [problem.split(":")[0] for problem in answers.problems] == [f"slot, round {n}" for n in (1, 2, 3)]


def test_each_row_has_a_short_and_a_long_form() -> None:
    assert all(row.short and row.long for row in ROWS)
