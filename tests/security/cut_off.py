"""`python -m tests.security.cut_off`: after how many seconds a running hub cuts off who may no more.

A hub of its own with its default settings, real cookies and keys over real connections, and the acts in another
process, as an administrator's would be. Prints one line of JSON; exit 1 where anything took more than a minute.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite

LIMIT_S = 60.0
#: How long a cut is waited for.
_PATIENCE_S = 75.0
PREPARE = """
from tests.personas import PASSWORD, make_world
from pixelhub.accounts.services import api_key_create
world = make_world()
world.user("administrator")
names = {role: world.user(role).username for role in ("qa", "clinical_lead", "data_engineer", "pm")}
made = [
    api_key_create(project=world.project, name=n, scopes=["score", "conversations"], actor=world.user("ml_engineer"))
    for n in ("http", "socket")
]
result = {"names": names, "tokens": [token for _, token in made], "password": PASSWORD}
"""
CUT = """
from pixelhub.accounts.models import ApiKey, Membership, User
from pixelhub.accounts.services import api_key_revoke, membership_revoke, user_set_active
from pixelhub.accounts.sessions import sessions_end
admin = User.objects.filter(memberships__role="administrator").first()
named = lambda role: User.objects.get(username=names[role])
user_set_active(user=named("qa"), active=False, actor=admin)
user_set_active(user=named("clinical_lead"), active=False, actor=admin)
membership_revoke(membership=Membership.objects.get(user=named("data_engineer")), actor=admin)
sessions_end(user=named("pm"), actor=admin, reason="own")
for key in ApiKey.objects.all():
    api_key_revoke(key=key, actor=admin)
result = 1
"""


class Person:
    """Somebody signed in through the sign-in page."""

    def __init__(self, hub: HubProcess, username: str, password: str) -> None:
        self._hub = hub
        self._client = httpx.Client(base_url=hub.url, follow_redirects=True, timeout=90)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self._client.get("/accounts/login/").text)
        if token is None:
            raise RuntimeError("the sign-in page has no token")
        sent = {"csrfmiddlewaretoken": token[1], "login": username, "password": password}
        answer = self._client.post("/accounts/login/", data=sent, headers={"Referer": hub.url})
        if "/login" in str(answer.url):
            raise RuntimeError(f"{username} was not signed in")

    def is_signed_out(self) -> bool:
        """Whether a page leads to the sign-in page."""
        return "/login/" in str(self._client.get("/").url)

    def socket(self, path: str) -> AbstractContextManager[ClientConnection]:
        """A connection with this person's cookies, open within `with`."""
        cookies = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        return _socket(self._hub, path, {"Cookie": cookies, "Origin": self._hub.url})


def _socket(hub: HubProcess, path: str, headers: dict[str, str]) -> AbstractContextManager[ClientConnection]:
    return connect(hub.url.replace("http", "ws", 1) + path, additional_headers=headers)


def _closed(connection: ClientConnection) -> bool:
    """Wait for a closing; answers the heartbeat meanwhile, as the page does."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        try:
            message = json.loads(connection.recv(timeout=deadline - time.monotonic()))
            if message.get("type") == "ping":
                connection.send(json.dumps({"type": "pong"}))
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False
    return False


def _until(happened: Callable[[], bool]) -> bool:
    """Ask four times a second."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.25)
    return False


def _refused(hub: HubProcess, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.post(f"{hub.url}/api/v1/crisis/score", json={"text": "hello"}, headers=headers).status_code == 401


def measure(hub: HubProcess, lines: ExitStack) -> dict[str, float | None]:
    """Seconds from the act to the cut, by connection; None where nothing was cut."""
    made = hub.python(PREPARE)
    hub.start("--no-worker")
    people = {role: Person(hub, name, made["password"]) for role, name in made["names"].items()}
    live = {role: lines.enter_context(people[role].socket("/ws/live/")) for role in ("qa", "data_engineer", "pm")}
    talking = lines.enter_context(people["clinical_lead"].socket("/ws/conversations/"))
    bearer = {"Authorization": f"Bearer {made['tokens'][1]}"}
    program = lines.enter_context(_socket(hub, "/api/v1/conversations/socket", bearer))
    for connection in (talking, program):
        for kind in ("ready", "opened"):
            heard = json.loads(connection.recv(timeout=90))
            if heard["type"] != kind:
                raise RuntimeError(f"expected {kind}, heard {heard}")
            connection.send(json.dumps({"type": "open" if kind == "ready" else "pong"}))
    waits: dict[str, Callable[[], bool]] = {
        "pages of a disabled person": lambda: _until(people["qa"].is_signed_out),
        "live updates of a disabled person": lambda: _closed(live["qa"]),
        "conversation of a disabled person": lambda: _closed(talking),
        "live updates after a role was taken away": lambda: _closed(live["data_engineer"]),
        "live updates after sessions were ended": lambda: _closed(live["pm"]),
        "scores with a revoked key": lambda: _until(lambda: _refused(hub, made["tokens"][0])),
        "conversation with a revoked key": lambda: _closed(program),
    }
    found: dict[str, float | None] = dict.fromkeys(waits)
    hub.python(f"names = {made['names']!r}\n{CUT}")
    began = time.monotonic()

    def watch(name: str) -> None:
        if waits[name]():
            found[name] = round(time.monotonic() - began, 1)
            sys.stderr.write(f"{name}: {found[name]} s\n")

    threads = [threading.Thread(target=watch, args=(name,), daemon=True) for name in waits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        with people["clinical_lead"].socket("/ws/conversations/"):
            found["a conversation opened anew"] = None
    except (InvalidStatus, ConnectionClosed):
        found["a conversation opened anew"] = 0.0
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, HubProcess(Path(folder)) as hub, ExitStack() as lines:
        copy_sqlite(hub.database)
        found = measure(hub, lines)
    sys.stdout.write(json.dumps(found) + "\n")
    return int(any(seconds is None or seconds > LIMIT_S for seconds in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
