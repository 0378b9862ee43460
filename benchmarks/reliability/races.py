"""Row 3: many at once over HTTP, round after round: one wins, the others are told so, nobody gets a 5xx.

    python -m benchmarks.reliability.races                                       # 20 at once, 50 rounds, both databases
    python -m benchmarks.reliability.races --race sign-off --database postgresql --rounds 25

Two web processes on one database take the requests in turn. Races: `slot` (everybody claims the one sample there is,
then its holder sends different labels from many windows), `label-key` (one label under one key, many times at once),
`import-key` (one import under one Idempotency-Key), `adjudication` (many people decide one disagreement), `sign-off`
(one clinical lead signs one version in many windows). Afterwards the database is counted and the audit chain verified.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.labelling_http import Connection, Raw
from benchmarks.labelling_hub import LABEL, headers_of
from benchmarks.reliability.figures import end_in_order, tell
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite, postgres_copy
from tests.servers import postgres_server

DATABASES = ("sqlite", "postgresql")
SETUP = "from benchmarks.reliability import races_setup as setup\n"
# People who sign or decide have no second factor here; what it takes to get past it is shown elsewhere.
ENVIRONMENT = {"MFA_REQUIRED_ROLES": "", "SIGNOFF_FRESH_S": "3600", "DJANGO_SETTINGS_MODULE": "tests.settings"}
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answers:
    """What came back in one race: statuses over all rounds, and each round in which not exactly one won."""

    statuses: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, name: str, number: int, results: list[tuple[int, Any]], won: list[bool], winners: int = 1) -> None:
        """One round; `won` tells whose act took place."""
        for status, is_winner in zip((status for status, _ in results), won, strict=True):
            self.statuses[f"{name}: {status}{' (won)' if is_winner else ''}"] += 1
        if sum(won) != winners:
            self.problems.append(f"{name}, round {number}: {sum(won)} winners")
        for status, found in results:
            if status >= 500:
                self.problems.append(f"{name}, round {number}: {status} {found}")


class Crowd:
    """As many browsers as there are sessions, on the hubs in turn."""

    def __init__(self, hubs: list[HubProcess], sessions: list[str]) -> None:
        ports = [hubs[number % len(hubs)].port for number in range(len(sessions))]
        self._sessions = sessions
        self.windows = [Connection(port, headers_of(key)) for port, key in zip(ports, sessions, strict=True)]

    def of(self, number: int) -> list[Connection]:
        """One person's windows, as many as the crowd has."""
        headers = headers_of(self._sessions[number])
        return [Connection(window.port, headers) for window in self.windows]

    async def at_once(self, path: str, payloads: list[Any], windows: list[Connection] | None = None) -> list[Any]:
        """One request from each window, sent together; the next comes when the server may have let go of idle ones."""
        chosen = windows or self.windows
        sent = (window.request("POST", path, payload) for window, payload in zip(chosen, payloads, strict=True))
        answered = list(await asyncio.gather(*sent))
        for window in chosen:
            window.close()
        return answered


async def race_slots(crowd: Crowd, made: dict[str, Any], answers: Answers) -> None:
    """Everybody claims the one sample; whoever has it sends a different label from each of many windows."""
    for number, round in enumerate(made["rounds"]):
        root = f"/annotation/api/rounds/{round}"
        claims = await crowd.at_once(f"{root}/claim/", [{"want": 1}] * len(crowd.windows))
        got = [bool(status == 200 and found["samples"]) for status, found in claims]
        answers.add("claim", number, claims, got)
        if sum(got) != 1:
            continue
        slot = claims[got.index(True)][1]["samples"][0]["slot"]
        windows = crowd.of(got.index(True))
        labels = [
            {"slot": slot, "client_uuid": str(uuid.uuid4()), "label": {**LABEL, "severity": 1 + place % 3}}
            for place in range(len(windows))
        ]
        sent = await crowd.at_once(f"{root}/submit/", labels, windows)
        answers.add("label", number, sent, [status == 200 for status, _ in sent])


async def race_label_keys(crowd: Crowd, made: dict[str, Any], answers: Answers) -> None:
    """One label under one key from many windows: all get the one answer, and it is stored once."""
    for number, round in enumerate(made["rounds"]):
        root = f"/annotation/api/rounds/{round}"
        _, found = await crowd.windows[number % len(crowd.windows)].request("POST", f"{root}/claim/", {"want": 1})
        windows = crowd.of(number % len(crowd.windows))
        label = {"slot": found["samples"][0]["slot"], "client_uuid": str(uuid.uuid4()), "label": LABEL}
        sent = await crowd.at_once(f"{root}/submit/", [label] * len(windows), windows)
        answers.add("label key", number, sent, [status == 200 and not answer["replay"] for status, answer in sent])
        told = {(status, answer.get("sha256")) for status, answer in sent}
        if len(told) != 1:
            answers.problems.append(f"label key, round {number}: {len(told)} different answers")


async def race_imports(crowd: Crowd, made: dict[str, Any], answers: Answers) -> None:
    """One import under one Idempotency-Key: everybody is told of the same one."""
    for number in range(made["races"]):
        kind, body = _multipart(f'{{"text": "race {number}"}}\n'.encode())
        for window in crowd.windows:
            window.headers["Idempotency-Key"] = f"race-{number}"
        sent = await crowd.at_once("/api/v1/datasets/imports", [Raw(kind, body)] * len(crowd.windows))
        ids = {str([one["id"] for one in found["imports"]]) for status, found in sent if status == 202}
        answers.add("import key", number, sent, [status == 202 for status, _ in sent], winners=len(crowd.windows))
        if len(ids) != 1:
            answers.problems.append(f"import key, round {number}: {len(ids)} different imports")


async def race_adjudications(crowd: Crowd, made: dict[str, Any], answers: Answers) -> None:
    """Many people decide one disagreement."""
    for number, item in enumerate(made["items"]):
        ruling = {"item": item, "version": 0, "crisis_type": "panic", "severity": 3, "edge_case_kind": ""}
        form = Raw(FORM, urlencode(ruling | {"guideline_section": "panic", "reason": "A surge."}).encode())
        sent = await crowd.at_once(f"/annotation/rounds/{made['round']}/adjudicate/", [form] * len(crowd.windows))
        answers.add("adjudication", number, sent, [status == 302 for status, _ in sent])


async def race_signoffs(crowd: Crowd, made: dict[str, Any], answers: Answers) -> None:
    """One clinical lead signs one version in many windows."""
    for number, version in enumerate(made["versions"]):
        path = f"/review/signoff/{version}/"
        state = await crowd.windows[0].request("GET", f"/api/v1/versions/{version}/signoff")
        digest = made["digests"][str(version)]
        if state[1]["blocks_signing"]:
            answers.problems.append(f"sign-off, round {number}: {state[1]['blocks_signing']}")
            continue
        decision = {"decision": "approved", "reason": made["reason"], "evidence_sha256": digest}
        form = Raw(FORM, urlencode(decision).encode())
        sent = await crowd.at_once(path, [form] * len(crowd.windows))
        answers.add("sign-off", number, sent, [status == 302 for status, _ in sent])


@dataclass(frozen=True)
class Race:
    """How one race is prepared, run and counted."""

    fill: str
    run: Callable[[Crowd, dict[str, Any], Answers], Any]
    look: str
    of: str  # what `look` is asked about
    once: tuple[str, ...]  # what must have happened exactly once in each round


RACES = {
    "slot": Race("fill_slots", race_slots, "look_slots", "rounds", ("taken", "stored")),
    "label-key": Race("fill_slots", race_label_keys, "look_slots", "rounds", ("taken", "stored")),
    "import-key": Race("fill_imports", race_imports, "look_imports", "project", ()),
    "adjudication": Race("fill_disputes", race_adjudications, "look_disputes", "items", ("decisions", "versions")),
    "sign-off": Race("fill_signoffs", race_signoffs, "look_signoffs", "versions", ("signatures",)),
}


def hold(name: str, hubs: list[HubProcess], *, rounds: int, parallel: int) -> Answers:
    """One race on running hubs of one database."""
    race = RACES[name]
    made = hubs[0].python(f"{SETUP}result = setup.{race.fill}({rounds}, {parallel})")
    made["races"] = rounds
    answers = Answers()
    asyncio.run(race.run(Crowd(hubs, made["sessions"]), made, answers))
    found = hubs[0].python(f"{SETUP}result = setup.{race.look}({made[race.of]!r})")
    answers.problems += found["audit_problems"]
    for what in race.once:
        if found[what] != [1] * rounds:
            answers.problems.append(f"{what}: {Counter(found[what])} in {rounds} rounds")
    if name == "import-key" and (found["imports"], found["events"]) != (rounds, rounds):
        answers.problems.append(f"{found['imports']} imports and {found['events']} events in {rounds} rounds")
    return answers


@contextmanager
def two_hubs(database_url: str, folder: Path) -> Iterator[list[HubProcess]]:
    """Two web processes on one migrated database."""
    with ExitStack() as stack:
        hubs = [HubProcess(folder, DATABASE_URL=database_url, **ENVIRONMENT) for _ in range(2)]
        for hub in hubs:
            stack.enter_context(hub).start("--no-worker")
        yield hubs


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str | None]:
    """Address of a migrated database; None where PostgreSQL is not installed."""
    if kind == "sqlite":
        copy_sqlite(folder / "hub.sqlite3")
        yield f"sqlite:///{folder / 'hub.sqlite3'}"
        return
    with ExitStack() as stack:
        server = stack.enter_context(postgres_server())
        yield stack.enter_context(postgres_copy(server)) if server is not None else None


def main() -> int:
    """Run, tell, and say by the exit status whether each round had one winner and none a 5xx."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--race", nargs="+", choices=RACES, default=list(RACES))
    parser.add_argument("--database", nargs="+", choices=DATABASES, default=list(DATABASES))
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--parallel", type=int, default=20)
    options = parser.parse_args()
    end_in_order()
    held = True
    for database in options.database:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pixelhub-races-")))
            url = stack.enter_context(fresh_database(database, folder))
            if url is None:
                held = tell(3, database, holds=False, reason="PostgreSQL is not at hand here")
                continue
            hubs = stack.enter_context(two_hubs(url, folder))
            for name in options.race:
                began = time.monotonic()
                answers = hold(name, hubs, rounds=options.rounds, parallel=options.parallel)
                held &= tell(
                    3, f"{name}, {database}", holds=not answers.problems, rounds=options.rounds,
                    parallel=options.parallel, cores=os.cpu_count(), answers=dict(answers.statuses),
                    problems=answers.problems[:5], seconds=round(time.monotonic() - began, 1),
                )  # fmt: skip
    return 0 if held else 1


def _multipart(content: bytes) -> tuple[str, bytes]:
    """An import form with one file."""
    edge = "race"
    fields = {"source": "synthetic", "family": "sarcasm"}
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="race.jsonl"\r\n\r\n'
    body = "\r\n".join([*parts, head]).encode() + content + f"\r\n--{edge}--\r\n".encode()
    return f"multipart/form-data; boundary={edge}", body


if __name__ == "__main__":
    sys.exit(main())
