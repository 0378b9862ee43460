"""Pixel Hub as a contestant: `manage.py hub` on a fresh database, and annotators who do what the instrument does."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from types import TracebackType
from typing import Any

from benchmarks.labelling_check import Label
from benchmarks.labelling_http import Connection, Unanswered
from tests.hubprocess import HubProcess

AHEAD = 3
RETRY_SECONDS = 0.1
SETUP = "from benchmarks import labelling_setup as setup\n"
CSRF = "b" * 32
LABEL = {"crisis_type": "panic", "severity": 3, "confidence": 0.7, "seconds_spent": 4}


def headers_of(session: str) -> dict[str, str]:
    """What a signed-in browser sends with each request."""
    return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


class HubAnnotator:
    """One signed-in browser: claims the current sample and two ahead, submits the current one."""

    def __init__(
        self, port: int, round: int, person: int, session: str, connection: Callable[..., Connection] = Connection
    ) -> None:
        self._connection = connection(port, headers_of(session))
        self._root = f"/annotation/api/rounds/{round}"
        self.person = str(person)
        self.unanswered: list[str] = []
        self._current: dict[str, Any] | None = None

    async def next(self) -> bool:
        """Claim; false when nothing is left for this person."""
        status, found = await self._connection.request("POST", f"{self._root}/claim/", {"want": AHEAD})
        if status != 200:
            raise RuntimeError(f"claim answered {status}")
        self._current = found["samples"][0] if found["samples"] else None
        return self._current is not None

    async def submit(self, *, patience: float = 5.0) -> Label:
        """Send a label; after a broken connection the same again for `patience` seconds, as the outbox does.

        Raises `Unanswered` after that, RuntimeError on a refusal.
        """
        assert self._current is not None
        key = str(uuid.uuid4())
        payload = {"slot": self._current["slot"], "client_uuid": key, "label": LABEL}
        self.unanswered.append(key)
        until = time.monotonic() + patience
        while True:
            try:
                status, found = await self._connection.request("POST", f"{self._root}/submit/", payload)
                break
            except Unanswered:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if status != 200:
            raise RuntimeError(f"submit answered {status}: {found}")
        self.unanswered.remove(key)
        return Label(str(self._current["slot"]), self.person, key)

    def close(self) -> None:
        self._connection.close()


class PixelHub:
    """A running hub with an open round of `samples` for `people` annotators."""

    def __init__(
        self, name: str, hub: HubProcess, *, samples: int, people: int, overlap: int, arguments: tuple[str, ...] = ()
    ) -> None:
        self.name, self.overlap, self._hub, self._arguments = name, overlap, hub, arguments
        self.wanted = samples * overlap
        self.made = self._hub.python(f"{SETUP}result = setup.fill({samples}, {people}, {overlap})")

    def __enter__(self) -> PixelHub:
        self._hub.start(*self._arguments)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._hub.stop()

    @property
    def url(self) -> str:
        return self._hub.url

    @property
    def pid(self) -> int:
        """The process that keeps the hub's others running."""
        return self._hub.pid

    def annotators(self, connection: Callable[..., Connection] = Connection) -> list[HubAnnotator]:
        """One for each person of the round."""
        return [
            HubAnnotator(self._hub.port, self.made["round"], person, session, connection)
            for person, session in self.made["people"]
        ]

    def kill_and_start_again(self) -> None:
        """kill -9 of every process of the hub, as a crash of the machine would; then a start on the same port."""
        self._hub.stop(SIGKILL)
        self._hub.start(*self._arguments)

    def stored(self) -> list[Label]:
        """Every label in the database. Raises RuntimeError where the audit chain does not hold."""
        found = self._hub.python(f"{SETUP}result = setup.look({self.made['round']})")
        if found["audit_problems"]:
            raise RuntimeError(f"the audit chain is broken: {found['audit_problems'][0]}")
        return [Label(str(item), str(person), key) for item, person, key in found["labels"]]


def fresh_hub(folder: Path, database: str = "") -> HubProcess:
    """A migrated, empty hub with its own folder, on SQLite or on the database of that URL."""
    folder.mkdir(parents=True)
    hub = HubProcess(folder, **({"DATABASE_URL": database} if database else {}))
    hub.manage("migrate", "--verbosity", "0")
    return hub
