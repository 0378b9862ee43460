"""What the hub's monitoring page can't read from the score log: refused conversations, and how busy the model was.

Counted in memory, added to the database every few seconds; of a killed process the last seconds are lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from inference.engine.reports.buckets import bucket_of, slot_of
from inference.models import Stretch
from inference.services.monitor_counts import Load, RefusalKey
from inference.serving.counting import route_of

#: Routes on which a refusal means that a conversation got no answer.
_SCORING: Final = frozenset({"score", "batch", "conversations"})


class Traffic:
    """Belongs to the running event loop."""

    def __init__(self) -> None:
        self._refusals: Counter[RefusalKey] = Counter()
        self._load: dict[datetime, Load] = {}

    def refused(self, project_id: int, status: int, code: str) -> None:
        """A conversation of this project got no answer."""
        self._refusals[project_id, _now(), status, code] += 1

    def request_refused(self, path: str, project_id: int, status: int, code: str) -> None:
        """A request was refused; only those that wanted a score count."""
        if route_of(path) in _SCORING:
            self.refused(project_id, status, code)

    def batch_read(self, items: int, seconds: float) -> None:
        """The model has read a micro-batch."""
        load = self._current()
        load.items += items
        if bucket := bucket_of(seconds * 1000):
            load.batch_times[bucket] += 1

    def waits(self, items: int, seconds: float) -> None:
        """So many conversations wait for the model now, and a new one would wait so long."""
        if items:
            load = self._current()
            load.most_waiting = max(load.most_waiting, items)
            load.longest_wait_ms = max(load.longest_wait_ms, seconds * 1000)

    def take(self) -> tuple[Mapping[RefusalKey, int], Mapping[datetime, Load]]:
        """Everything counted since the last time."""
        taken = self._refusals, self._load
        self._refusals, self._load = Counter(), {}
        return taken

    def put_back(self, refusals: Mapping[RefusalKey, int], load: Mapping[datetime, Load]) -> None:
        """Count these again: they could not be written."""
        self._refusals.update(refusals)
        for start, seen in load.items():
            mine = self._load.setdefault(start, Load())
            mine.items += seen.items
            mine.batch_times.update(seen.batch_times)
            mine.most_waiting = max(mine.most_waiting, seen.most_waiting)
            mine.longest_wait_ms = max(mine.longest_wait_ms, seen.longest_wait_ms)

    def _current(self) -> Load:
        return self._load.setdefault(_now(), Load())


def _now() -> datetime:
    return slot_of(datetime.now(UTC), Stretch.SHORT)
