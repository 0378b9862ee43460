"""The accounting of the labelling benchmarks finds what it is there to find."""

from benchmarks.labelling import percentiles
from benchmarks.labelling_check import Label, account

ONE, TWO, THREE = Label("s", "a", "1"), Label("s", "b", "2"), Label("t", "a", "3")


def test_what_arrived_once_is_clean_even_where_the_answer_never_came() -> None:
    assert account([ONE, TWO, THREE], [ONE, TWO, THREE], overlap=2).clean
    assert account([ONE], [ONE, TWO], overlap=2, unanswered=["2"]).clean


def test_each_fault_is_found() -> None:
    assert account([ONE, TWO], [ONE], overlap=2).lost == 1
    assert account([ONE], [ONE, TWO], overlap=2).unasked == 1
    again = Label("s", "a", "4")
    doubled = account([ONE, again], [ONE, again], overlap=2)
    assert doubled.doubled == 1 and not doubled.clean
    assert account([ONE], [ONE, ONE], overlap=2).doubled == 2  # one identity twice, and one person twice
    over = account([ONE, TWO], [ONE, TWO], overlap=1)
    assert over.over_overlap == 1 and not over.clean
    assert account([ONE], [Label("s", "b", "1")], overlap=2).lost == 1  # stored under somebody else's name


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentiles([n / 1000 for n in range(100, 0, -1)]) == {"p50": 50.0, "p95": 95.0}
    assert percentiles([]) == {"p50": None, "p95": None}
