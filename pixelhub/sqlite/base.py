"""Django's SQLite backend, in which a process's write transactions queue instead of trying again and again.

SQLite itself makes a writer that finds another one sleep, longer each time, up to a tenth of a second, and whoever
wakes at the right moment wins: with ten writers most of the time is slept through and some wait for seconds. Here the
threads of a process take turns before they ask SQLite. Between processes SQLite's own waiting still decides.
"""

from __future__ import annotations

import os
from collections import defaultdict
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from pixelhub.sqlite.turns import Turns

DEFAULT_TIMEOUT = 5.0  # seconds; Python's own

_turns: defaultdict[str, Turns] = defaultdict(Turns)
# A child process starts with no transaction open, whatever its parent's other threads were doing.
os.register_at_fork(after_in_child=_turns.clear)


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes a turn for each transaction; ends it with the commit, the rollback or the closing of the connection."""

    _turn: Turns | None = None

    def _start_transaction_under_autocommit(self) -> None:
        turns = _turns[str(self.settings_dict["NAME"])]
        if not turns.take(self.settings_dict["OPTIONS"].get("timeout", DEFAULT_TIMEOUT)):
            raise OperationalError("database is locked")
        self._turn = turns
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._end_turn()
            raise

    def _commit(self) -> Any:
        done = super()._commit()  # type: ignore[misc]
        self._end_turn()
        return done

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]
        finally:
            self._end_turn()

    def _end_turn(self) -> None:
        if self._turn is not None:
            turn, self._turn = self._turn, None
            turn.give()
