"""People who label through faults, as the labelling page's outbox does: what got no answer is sent again."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks.labelling_check import Account, Label, account
from benchmarks.labelling_http import Connection, Unanswered
from benchmarks.labelling_hub import RETRY_SECONDS, HubAnnotator, PixelHub

PATIENCE_SECONDS = 180.0
_LOOK_SECONDS = 0.02


@dataclass
class PatientConnection(Connection):
    """An answer of 500 and above counts as none: the same request goes out again, under the same key."""

    failures: Counter[str] = field(default_factory=Counter, repr=False)

    async def request(self, method: str, path: str, payload: Any = None) -> tuple[int, Any]:
        try:
            status, found = await super().request(method, path, payload)
        except Unanswered:
            self.failures["no answer"] += 1
            raise
        if status >= 500:
            self.failures[str(status)] += 1
            raise Unanswered(f"status {status}")
        return status, found


class Crew:
    """Everybody of a round at work; what was acknowledged to them, when, and what went wrong meanwhile.

    Each reads for up to `think` seconds before a label. Once `hold_at` labels are acknowledged, nobody begins another
    until it is raised: a fault that a slow machine takes its time over still meets people at work.
    """

    def __init__(self, hub: PixelHub, *, think: float = 0.0) -> None:
        self._hub, self._think = hub, think
        self.hold_at = math.inf
        self.labels: list[Label] = []
        self.acknowledged_at: list[float] = []
        self.slowest = 0.0
        self._connections: list[PatientConnection] = []
        self.people = hub.annotators(self._connection)

    @property
    def failures(self) -> Counter[str]:
        """Failed requests by what was answered."""
        return sum((connection.failures for connection in self._connections), Counter())

    async def work(self, interfere: Callable[[Crew], Any]) -> None:
        """Label all there is, while `interfere(self)` (a coroutine function) does its worst beside it."""
        disturbing = asyncio.create_task(interfere(self))
        working = asyncio.gather(*(self._label(*each) for each in enumerate(self.people)))
        try:
            # Whichever breaks first is told at once; both have to end by themselves.
            await asyncio.gather(disturbing, working)
        finally:
            disturbing.cancel()
            working.cancel()
            for person in self.people:
                person.close()

    async def until(self, count: int) -> None:
        """Wait until so many labels are acknowledged."""
        await self.wait(lambda: len(self.labels) >= count, f"{count} labels are acknowledged")

    async def wait(self, condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait for a condition. Raises TimeoutError saying `what` did not happen."""
        try:
            async with asyncio.timeout(seconds):
                while not condition():
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"waited {seconds:.0f} s in vain until {what}; {dict(self.failures)}") from None

    def account(self) -> Account:
        """What was acknowledged against what is stored. Raises RuntimeError where the audit chain is broken."""
        waiting = [key for person in self.people for key in person.unanswered]
        return account(self.labels, self._hub.stored(), overlap=self._hub.overlap, unanswered=waiting)

    async def _label(self, number: int, person: HubAnnotator) -> None:
        rng = random.Random(number)
        while True:
            await self.wait(lambda: len(self.labels) < self.hold_at, "work may go on")
            try:
                if not await person.next():
                    return
            except Unanswered:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            await asyncio.sleep(rng.uniform(0.0, self._think))
            asked = time.monotonic()
            self.labels.append(await person.submit(patience=PATIENCE_SECONDS))
            self.acknowledged_at.append(time.monotonic())
            self.slowest = max(self.slowest, self.acknowledged_at[-1] - asked)

    def _connection(self, port: int, headers: dict[str, str]) -> PatientConnection:
        made = PatientConnection(port, headers)
        self._connections.append(made)
        return made
