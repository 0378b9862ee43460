"""Writers of one process take turns on SQLite, in the order in which they came, and nobody keeps a turn."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection, connections

from pixelhub.sqlite.base import DatabaseWrapper
from pixelhub.sqlite.turns import Turns


def wrapper(path: Path, timeout: float = 20) -> DatabaseWrapper:
    settings: dict[str, Any] = {
        "NAME": str(path), "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": timeout}, "AUTOCOMMIT": True,
        "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False, "TIME_ZONE": None, "USER": "",
        "PASSWORD": "", "HOST": "", "PORT": "", "TEST": {},
    }  # fmt: skip
    return DatabaseWrapper(settings, alias="turns")


@pytest.fixture
def two(tmp_path: Path, django_db_blocker: Any) -> Iterator[tuple[DatabaseWrapper, DatabaseWrapper]]:
    made = wrapper(tmp_path / "turns.sqlite3"), wrapper(tmp_path / "turns.sqlite3", timeout=0.1)
    with django_db_blocker.unblock():
        yield made
        for each in made:
            each.close()


def begin(writer: DatabaseWrapper) -> None:
    writer.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)


def end(writer: DatabaseWrapper, how: str) -> None:
    getattr(writer, how)()
    if how != "close":
        writer.set_autocommit(True)


def test_first_come_first_served() -> None:
    turns, order, ready = Turns(), [], threading.Semaphore(0)
    assert turns.take(0)

    def wait(number: int) -> None:
        ready.release()
        assert turns.take(20)
        order.append(number)
        turns.give()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        ready.acquire()
        while len(turns._waiting) <= number:  # it is about to stand in the queue
            threading.Event().wait(0.001)
    turns.give()
    for thread in threads:
        thread.join(timeout=90)
    assert order == [0, 1, 2, 3, 4]


def test_who_waits_too_long_leaves_the_queue() -> None:
    turns = Turns()
    assert turns.take(0)
    assert not turns.take(0.01)
    turns.give()
    assert turns.take(0)


@pytest.mark.parametrize("how", ["commit", "rollback", "close"])
def test_a_turn_ends_with_its_transaction(two: tuple[DatabaseWrapper, DatabaseWrapper], how: str) -> None:
    first, second = two
    begin(first)
    with pytest.raises(OperationalError, match="database is locked"):
        begin(second)
    end(first, how)
    begin(second)
    end(second, "commit")


def test_a_transaction_that_cannot_begin_keeps_no_turn(
    two: tuple[DatabaseWrapper, DatabaseWrapper], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = two
    first.ensure_connection()
    monkeypatch.setattr(first, "transaction_mode", "NONSENSE")
    with pytest.raises(OperationalError):
        begin(first)
    begin(second)
    end(second, "commit")


def test_the_hub_itself_uses_it_on_sqlite() -> None:
    assert connection.vendor != "sqlite" or isinstance(connections["default"], DatabaseWrapper)
