"""Two processes of the scoring service, killed in turns while two programs share a session: nothing said is lost."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from inference.serving.session_handlers import PREFIX, SOCKET
from tests.inference.service import Service

pytestmark = pytest.mark.slow  # starts processes of its own, and kills them

TURNS = 20
KILLS = 2
PATIENCE_S = 480


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    yield service
    service.stop()


class Writer(threading.Thread):
    """Says its turns one after the other, each until it is acknowledged; `numbers` are what it was told."""

    def __init__(self, service: Service, session: str) -> None:
        super().__init__(daemon=True)
        self.service = service
        self.session = session
        self.turns = [str(uuid.uuid4()) for _ in range(TURNS)]
        self.numbers: dict[str, int] = {}
        self.gives_up_at = time.monotonic() + PATIENCE_S

    @property
    def left(self) -> list[str]:
        return [turn_id for turn_id in self.turns if turn_id not in self.numbers]

    def run(self) -> None:
        while self.left and time.monotonic() < self.gives_up_at:
            try:
                self.talk()
            except (httpx.TransportError, WebSocketException, OSError, TimeoutError):
                time.sleep(0.05)  # a client waits before it tries a dead server again

    def talk(self) -> None:
        raise NotImplementedError


class OverHttp(Writer):
    """The person's side."""

    def talk(self) -> None:
        headers = {"authorization": f"Bearer {self.service.token}"}
        base = f"http://127.0.0.1:{self.service.port}{PREFIX}/{self.session}"
        with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
            for turn_id in self.left:
                body = {"role": "user", "content": f"words of {turn_id}", "turn_id": turn_id}
                answer = client.post(f"{base}/turns", json=body)
                if answer.status_code == 200 and answer.json()["turns"][0]["stored"]:
                    self.numbers[turn_id] = answer.json()["turns"][0]["turn"]


class OverSocket(Writer):
    """The assistant's side: resumes, and hears of every turn once and in order on each connection."""

    heard_in_order = True

    def talk(self) -> None:
        headers = {"authorization": f"Bearer {self.service.token}"}
        with connect(f"ws://127.0.0.1:{self.service.port}{SOCKET}", additional_headers=headers, proxy=None) as line:
            assert json.loads(line.recv(60))["type"] == "ready"
            last = max(self.numbers.values(), default=0)
            line.send(json.dumps({"type": "resume", "session": self.session, "after": last}))
            assert json.loads(line.recv(60))["type"] == "opened"
            for turn_id in self.left:
                body = {"role": "assistant", "content": f"words of {turn_id}", "turn_id": turn_id}
                line.send(json.dumps({"type": "turn", **body}))
                while turn_id not in self.numbers:
                    message = json.loads(line.recv(60))
                    if message["type"] == "turn" and message["stored"]:
                        self.heard_in_order &= message["turn"] in (last + 1, self.numbers.get(message["turn_id"]))
                        last = max(last, message["turn"])
                        if message["turn_id"] in self.turns:
                            self.numbers[message["turn_id"]] = message["turn"]


def test_nothing_said_is_lost_or_doubled(service: Service) -> None:
    client = service.start("--workers", "2")
    session = client.post(PREFIX, json={}).json()["session"]["id"]
    person, assistant = OverHttp(service, session), OverSocket(service, session)
    person.start()
    assistant.start()
    for kill in range(1, KILLS + 1):
        while len(person.numbers) + len(assistant.numbers) < kill * 2 * TURNS // (KILLS + 1) and person.is_alive():
            time.sleep(0.005)
        service.workers[0].kill()
    person.join(PATIENCE_S)
    assistant.join(PATIENCE_S)
    service.stop()

    assert (person.left, assistant.left) == ([], [])
    with closing(sqlite3.connect(service.folder / "hub.sqlite3")) as database:
        rows = dict(database.execute("SELECT turn_id, number FROM inference_conversationturn"))
    told = {turn_id.replace("-", ""): number for turn_id, number in (person.numbers | assistant.numbers).items()}
    assert rows == told
    assert sorted(rows.values()) == list(range(1, 2 * TURNS + 1))
    assert assistant.heard_in_order
    assert "words of" not in service.log.read_text()
