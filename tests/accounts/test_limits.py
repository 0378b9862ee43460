"""Limits of keys: windows, leases, and that processes together never spend more than the ledger gave."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelhub.accounts import rates
from pixelhub.accounts.allowances import allowances_lease, allowances_return, spend_now
from pixelhub.accounts.keys import api_key_create
from pixelhub.accounts.models import ApiKeyAllowance
from pixelhub.accounts.rates import Ask, Leases, Limits, window_of
from tests.personas import World
from tests.races import in_database, run_race

ACTS = "tests.accounts.race_acts"


def moment(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("period", "at", "start", "end"),
    [
        ("minute", (2026, 3, 1, 10, 20, 59), (2026, 3, 1, 10, 20), (2026, 3, 1, 10, 21)),
        ("day", (2026, 3, 1, 23, 59, 59), (2026, 3, 1), (2026, 3, 2)),
        ("month", (2026, 12, 31, 23, 59), (2026, 12, 1), (2027, 1, 1)),
        ("month", (2028, 2, 29), (2028, 2, 1), (2028, 3, 1)),
    ],
)
def test_windows_are_those_of_the_calendar(
    period: str, at: tuple[int, ...], start: tuple[int, ...], end: tuple[int, ...]
) -> None:
    assert window_of(period, moment(*at)) == (moment(*start), moment(*end))


class Clock:
    now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


@pytest.fixture
def key_id(world: World) -> int:
    return api_key_create(project=world.project, name="k", scopes=["score"], actor=world.user("ml_engineer"))[0].pk


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    limit=st.integers(1, 300),
    wishes=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40), st.booleans()), max_size=60),
)
def test_three_processes_never_spend_more_than_the_limit_and_return_what_is_left(
    key_id: int, clock: Clock, limit: int, wishes: list[tuple[int, int, bool]]
) -> None:
    ApiKeyAllowance.objects.all().delete()
    clock.now += 40 * 86_400
    processes = [Leases() for _ in range(3)]
    limits = Limits.of(key_id, per_minute=10_000, per_month=limit)
    spent = 0
    for which, cost, stops in wishes:
        if spend_now(processes[which], limits, cost).allowed:
            spent += cost
        if stops:
            allowances_return(unspent=list(processes[which].give_up()))
    assert spent <= limit
    for process in processes:
        allowances_return(unspent=list(process.give_up()))
    last = Leases()
    while spend_now(last, limits).allowed:
        spent += 1
    assert spent == limit


def test_a_refusal_spends_nothing_and_says_until_when(key_id: int, clock: Clock) -> None:
    leases, limits = Leases(), Limits.of(key_id, per_minute=5, per_day=7)
    assert [spend_now(leases, limits, 3).allowed, spend_now(leases, limits, 3).allowed] == [True, False]
    clock.now += 60
    assert spend_now(leases, limits, 4).allowed, "the refused one took nothing of the day"
    clock.now += 60
    refused = spend_now(leases, limits)
    assert (refused.allowed, refused.period) == (False, "day")
    clock.now += refused.wait_s
    assert spend_now(leases, limits).allowed


def test_a_limit_that_is_lowered_counts_at_once(key_id: int, clock: Clock) -> None:
    leases = Leases()
    assert spend_now(leases, Limits.of(key_id, per_minute=600), 10).allowed
    assert not spend_now(leases, Limits.of(key_id, per_minute=10)).allowed


def test_a_clock_that_is_behind_uses_the_window_that_is_open(key_id: int) -> None:
    allowances_lease(key_id=key_id, asks=[Ask("minute", 120, 1, 10)])
    (grant,) = allowances_lease(key_id=key_id, asks=[Ask("minute", 60, 4, 10)])
    assert (grant.start, grant.granted) == (120, 4)


def test_few_rows_are_written_for_many_requests(
    key_id: int, clock: Clock, django_assert_max_num_queries: object
) -> None:
    leases, limits = Leases(), Limits.of(key_id, per_minute=100_000)
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert all(spend_now(leases, limits).allowed for _ in range(1000))


def test_processes_at_once_share_one_limit(database_url: str, tmp_path: Path) -> None:
    key_id = in_database(database_url, tmp_path, f"{ACTS}:key_made")
    spent = run_race(database_url, tmp_path, f"{ACTS}:spend_all", [[key_id, 300, 1]] * 3 + [[key_id, 300, 7]])
    assert 280 <= sum(spent) <= 300
    assert in_database(database_url, tmp_path, f"{ACTS}:spend_all", key_id, 300, 1) + sum(spent) == 300
