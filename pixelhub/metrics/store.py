"""What code counts with: `count`, `observe`, `show`; and what all processes of this one's service have counted."""

from __future__ import annotations

import logging
import math
import os
import socket
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from pixelhub.metrics.catalogue import COUNTED, PROCESS_STARTED, PROCESS_STARTS, SERIES_REFUSED, Kind, Metric
from pixelhub.metrics.slot import Slot, SlotFull, other_slots, private_slot, take_slot

logger = logging.getLogger(__name__)

_SEPARATOR: Final = "\x1f"
_SUM: Final = "sum"
_REFUSED: Final = SERIES_REFUSED.name.encode()
#: (metric, values of its labels, and of a gauge per worker the slot's number) -> a number, or a histogram's parts.
Series = dict[tuple[str, ...], float]


class Store:
    """The counts of one process. Until `begin` they are its own; then they are summed with those of its service.

    Thread-safe. Counting never raises: it must not cost anybody an answer.
    """

    def __init__(self) -> None:
        self._slot = _prepared(private_slot())
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self.service = ""
        #: Called before each reading, to show gauges as they are now.
        self.before_reading: list[Callable[[], None]] = []

    def begin(self, service: str, folder: Path) -> None:
        """Count with the other processes of this service on this machine. Again for the same service: no effect.

        Where the folder can't be written, the process counts alone, and says so once in the log.
        """
        if self.service:
            return
        # Several machines (pods) may share a var folder: each has a place of its own there.
        place = folder / socket.gethostname()
        with self._lock:
            self.service = service
            try:
                slot = take_slot(place, service)
            except OSError as error:
                logger.warning("metrics are this process's alone, the folder: %s", type(error).__name__)
                return
            before = self._slot.items()
            for key in slot.items():
                if _is_gauge(key):
                    slot.set(key, 0.0)
            self._slot, self._folder = _prepared(slot), place
        for key, value in before.items():
            self._change(Slot.add, key, value)
        self.count(PROCESS_STARTS)
        self.show(PROCESS_STARTED, time.time())

    def end(self) -> None:
        """Leave the slot to the next process; what is counted from here on is this process's own."""
        with self._lock:
            self._slot.close()
            self._slot, self._folder, self.service = _prepared(private_slot()), None, ""

    def forked(self) -> None:
        """In a forked child: the slot stays the parent's, and nobody lets go of a lock that another thread held."""
        self._lock = threading.Lock()
        self.end()
        self.before_reading = []

    def count(self, metric: Metric, amount: float = 1.0, /, **labels: str) -> None:
        """Add to a counter."""
        self._change(Slot.add, _key(metric, labels), amount)

    def observe(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Add one observation to a histogram: the first bucket whose bound is not below it."""
        if math.isnan(value):
            return
        key = _key(metric, labels)
        self._change(Slot.add, key + f"{_SEPARATOR}{bisect_left(metric.buckets, value)}".encode(), 1.0)
        self._change(Slot.add, key + f"{_SEPARATOR}{_SUM}".encode(), value)

    def show(self, metric: Metric, value: float, /, **labels: str) -> None:
        """Set a gauge of this process."""
        self._change(Slot.set, _key(metric, labels), value)

    def read(self) -> Series:
        """Sums of counters over all processes that ever held a slot; gauges of those that live, by their numbers."""
        for show in self.before_reading:
            show()
        with self._lock:
            own, number, folder = self._slot.items(), self._slot.number, self._folder
        slots: list[tuple[int, bool, dict[bytes, float]]] = [(number, True, own)]
        if folder is not None:
            slots += other_slots(folder, self.service, number)
        return _summed(slots)

    def _change(self, change: Callable[[Slot, bytes, float], None], key: bytes, value: float) -> None:
        with self._lock:
            try:
                change(self._slot, key, value)
            except SlotFull:
                self._slot.add(_REFUSED, 1.0)


def _prepared(slot: Slot) -> Slot:
    """With the place in which it is counted that there is no place left."""
    slot.add(_REFUSED, 0.0)
    return slot


def _key(metric: Metric, labels: dict[str, str]) -> bytes:
    return _SEPARATOR.join((metric.name, *metric.values_of(labels))).encode()


_BY_NAME: Final = {metric.name: metric for metric in COUNTED}


def _is_gauge(key: bytes) -> bool:
    metric = _BY_NAME.get(key.decode().split(_SEPARATOR)[0])
    return metric is not None and metric.kind is Kind.GAUGE


def _summed(slots: Iterable[tuple[int, bool, dict[bytes, float]]]) -> Series:
    series: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for number, lives, numbers in slots:
        for key, value in numbers.items():
            parts = tuple(key.decode(errors="replace").split(_SEPARATOR))
            metric = _BY_NAME.get(parts[0])
            if metric is None:  # of another version
                continue
            if metric.kind is not Kind.GAUGE:
                series[parts] += value
            elif lives:
                series[*parts, str(number)] = value
    return dict(series)


store = Store()
os.register_at_fork(after_in_child=store.forked)
