"""Label Studio as a contestant: from PyPI, in an environment of its own, on SQLite, started as its users start it.

`label-studio start --no-browser` with a fresh data folder. The community edition has one organisation in which anybody
may label; people sign up through its invite link and work as browsers do, with a session. The same conversations are
imported by its API, with a choice of the crisis type and ratings of severity and confidence. An annotator's turn is
what its label stream asks for: `POST /api/dm/actions?id=next_task`, then `POST /api/tasks/ID/annotations/`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from benchmarks.labelling_check import Label
from benchmarks.labelling_http import Connection
from benchmarks.labelling_texts import conversation
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from tests.ports import free_port

VERSION = "1.23.2"
START_SECONDS = 300
PASSWORD = "a benchmark of labelling"
ADMINISTRATOR = "lead@example.org"
CONFIG = f"""<View>
  <Paragraphs name="text" value="$conversation" layout="dialogue" nameKey="role" textKey="content"/>
  <Choices name="crisis_type" toName="text" choice="single" showInline="true" required="true">
    {"".join(f'<Choice value="{code}" hotkey="{key}"/>' for key, code in enumerate(CRISIS_TYPES, start=1))}
  </Choices>
  <Rating name="severity" toName="text" maxRating="5" required="true"/>
  <Rating name="confidence" toName="text" maxRating="3" required="true"/>
</View>"""
RESULT = [
    {"from_name": "crisis_type", "to_name": "text", "type": "choices", "value": {"choices": ["panic"]}},
    {"from_name": "severity", "to_name": "text", "type": "rating", "value": {"rating": 3}},
    {"from_name": "confidence", "to_name": "text", "type": "rating", "value": {"rating": 2}},
]


class PeerAnnotator:
    """One signed-in browser in the label stream of the project."""

    def __init__(self, port: int, project: int, person: int, cookies: dict[str, str]) -> None:
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._connection = Connection(port, {"Cookie": cookie, "X-CSRFToken": cookies["csrftoken"]})
        self._project = project
        self.person = str(person)
        self._task: int | None = None

    async def next(self) -> bool:
        """Ask for a task; false when nothing is left for this person."""
        path = f"/api/dm/actions?id=next_task&project={self._project}"
        status, found = await self._connection.request("POST", path, {})
        if status == 404:
            return False
        if status != 200:
            raise RuntimeError(f"next task answered {status}: {str(found)[:200]}")
        self._task = found["id"]
        return True

    async def submit(self) -> Label:
        """Send an annotation. Raises on a refusal."""
        payload = {"lead_time": 4, "result": RESULT, "project": self._project}
        path = f"/api/tasks/{self._task}/annotations/?project={self._project}"
        status, found = await self._connection.request("POST", path, payload)
        if status != 201:
            raise RuntimeError(f"annotation answered {status}: {str(found)[:200]}")
        return Label(str(self._task), self.person, str(found["id"]))

    def close(self) -> None:
        self._connection.close()


class LabelStudio:
    """A running Label Studio with a project of `samples` tasks that ask for `overlap` annotations each."""

    name = "Label Studio"

    def __init__(self, program: Path, folder: Path, *, samples: int, people: int, overlap: int) -> None:
        folder.mkdir(parents=True)
        self.overlap, self._folder, self._program, self.port = overlap, folder, program, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._samples, self._people = samples, people
        self._log = folder / "label-studio.log"

    def __enter__(self) -> LabelStudio:
        environment = {
            **os.environ, "LATEST_VERSION_CHECK": "0", "COLLECT_ANALYTICS": "0", "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "", "LABEL_STUDIO_BASE_DATA_DIR": str(self._folder / "data"),
        }  # fmt: skip
        for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PYTHONPATH"):
            environment.pop(name, None)
        account = ["--username", ADMINISTRATOR, "--password", PASSWORD]
        command = [str(self._program), "start", "--no-browser", "--port", str(self.port), *account]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._wait()
            self._fill()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)

    def annotators(self) -> list[PeerAnnotator]:
        """One for each person who signed up."""
        return [PeerAnnotator(self.port, self.project, person, cookies) for person, cookies in self.people]

    def stored(self) -> list[Label]:
        """Every annotation in its database."""
        (database,) = (self._folder / "data").rglob("label_studio.sqlite3")
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute("SELECT task_id, completed_by_id, id FROM task_completion").fetchall()
        return [Label(str(task), str(person), str(key)) for task, person, key in rows]

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.url}/user/login/", timeout=10).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.5)
        raise RuntimeError(f"Label Studio did not start:\n{self._log.read_text()[-2000:]}")

    def _fill(self) -> None:
        with httpx.Client(base_url=self.url, timeout=600) as lead:
            self._enter(lead, "/user/login/", ADMINISTRATOR)
            made = self._post(lead, "/api/projects/", {"title": "Benchmark", "label_config": CONFIG})
            self.project = made["id"]
            settings = {
                "maximum_annotations": self.overlap,
                "sampling": "Sequential sampling",
                "skip_queue": "REQUEUE_FOR_OTHERS",
            }
            self._post(lead, f"/api/projects/{self.project}/", settings, method="PATCH")
            tasks = [{"conversation": conversation(number)} for number in range(1, self._samples + 1)]
            self._post(lead, f"/api/projects/{self.project}/import", tasks)
            token = lead.get("/api/invite").raise_for_status().json()["token"]
        self.people = [self._sign_up(number, token) for number in range(1, self._people + 1)]

    def _sign_up(self, number: int, token: str) -> tuple[int, dict[str, str]]:
        with httpx.Client(base_url=self.url, timeout=60) as person:
            self._enter(person, f"/user/signup/?token={token}", f"annotator-{number}@example.org")
            who = person.get("/api/current-user/whoami").raise_for_status().json()
            return who["id"], dict(person.cookies)

    def _enter(self, client: httpx.Client, path: str, email: str) -> None:
        client.get(path)
        form = {"email": email, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post(path, data={**form, "allow_newsletters": "false"}, headers={"Referer": self.url})
        if answer.status_code != 302:
            raise RuntimeError(f"Label Studio refused {email}: {answer.status_code}")

    def _post(self, client: httpx.Client, path: str, payload: Any, method: str = "POST") -> Any:
        headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": self.url}
        answer = client.request(method, path, json=payload, headers=headers)
        if answer.status_code >= 300:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()
