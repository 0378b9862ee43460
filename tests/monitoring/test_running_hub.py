"""A real Prometheus asks a real hub: it says what the rules ask for, and what happens in it fires their alerts."""

import json
import re
import sqlite3
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.programs import program
from tests.hubprocess import HubProcess
from tests.monitoring.files import documented
from tests.monitoring.prometheus import prometheus

pytestmark = pytest.mark.slow

#: A project with somebody who watches cases, and a key that may ask for scores.
STAGED = """
from pixelhub.accounts.keys import api_key_create
from pixelhub.accounts.services import membership_grant, project_create, user_create
project = project_create(slug="clinic", name="Clinic")
user = user_create(username="quinn", password=None)
membership_grant(project=project, user=user, role="qa")
_, result = api_key_create(project=project, name="chat", scopes=["score"], actor=user)
"""
#: What a person tells the hub: a crisis that it did not see.
MISSED = """
from django.utils import timezone
from inference.services.missed_cases import MissedReport, missed_case_report
from pixelhub.accounts.models import Project, User
report = MissedReport(timezone.localdate(), "self_harm", "urgent", "client")
person = User.objects.get(username="quinn")
result = missed_case_report(project=Project.objects.get(slug="clinic"), actor=person, report=report).pk
"""


#: A p95 is judged from twenty requests on.
SLOW = 24


def asked_for_a_score(hub: HubProcess, key: str) -> dict[str, Any]:
    """The answer, or the problem that is told instead."""
    body = json.dumps({"messages": [{"role": "user", "content": "I could sleep for a year."}]}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{hub.url}/api/v1/crisis/score", body, headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
            return json.load(answer)  # type: ignore[no-any-return]
    except urllib.error.HTTPError as refused:
        return json.load(refused)  # type: ignore[no-any-return]


@contextmanager
def database_locked(hub: HubProcess) -> Iterator[None]:
    """Somebody else writes, and does not end: what has to be written before an answer waits."""
    with closing(sqlite3.connect(hub.database, timeout=90, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def keys_away(hub: HubProcess) -> Iterator[None]:
    """The table of keys is gone: who asks with a key that nobody has seen yet can't be looked up."""
    with closing(sqlite3.connect(hub.database, timeout=90)) as connection:
        connection.execute("ALTER TABLE accounts_apikey RENAME TO accounts_apikey_away")
        yield
        connection.execute("ALTER TABLE accounts_apikey_away RENAME TO accounts_apikey")


def test_alerts_fire_on_what_happens_in_a_running_hub(live_hub: HubProcess, tmp_path: Path) -> None:
    program("prometheus")
    hub, quick = live_hub, {"scrape_interval": "1s", "scrape_timeout": "1s"}
    key = hub.python(STAGED)
    hub.start("--no-worker")
    with prometheus(tmp_path, {"pixelhub-web": f"127.0.0.1:{hub.port}"}, **quick) as watching:
        watching.wait_for(lambda: watching.value("pixelhub:missed_crises:total") == 0, "the hub's facts are read")
        # nobody promoted a version: every score is one of the rules
        watching.wait_for(lambda: "NoModelInProduction" in watching.firing(), "no model in production")
        quiet = {"DegradedAnswers", "ScoringSlow", "ScoringErrors", "MissedCrisis"}
        assert not quiet & watching.firing()
        watching.wait_for(
            lambda: asked_for_a_score(hub, key)["degraded"] is True and "DegradedAnswers" in watching.firing(),
            "answers without the model",
        )

        # such an answer has to be on disk first, or say after three seconds that it is not
        def slow() -> bool:
            with database_locked(hub), ThreadPoolExecutor(SLOW) as clients:
                late = list(clients.map(lambda _: asked_for_a_score(hub, key), range(SLOW)))
            assert not any(answer["recorded"] for answer in late)
            return {"ScoringSlow", "ScoringVerySlow"} <= watching.firing()

        # again and again: one in twenty has to be slow, of however many quick ones there were before
        watching.wait_for(slow, "slow answers")

        with keys_away(hub):
            codes = set()

            def broke() -> bool:
                codes.add(asked_for_a_score(hub, f"{key[:-8]}{uuid.uuid4().hex[:8]}")["code"])
                return "ScoringErrors" in watching.firing()

            watching.wait_for(broke, "requests that break")
        assert codes == {"unavailable"}
        assert "MissedCrisis" not in watching.firing()
        # a machine that is busy may have let a scrape go by; who lives is not down for long
        watching.wait_for(lambda: "ProcessDown" not in watching.firing(), "the hub answers")

        assert hub.python(MISSED) == 1
        watching.wait_for(lambda: "MissedCrisis" in watching.firing(), "a missed crisis that a person told")

        with urllib.request.urlopen(f"{hub.url}/metrics", timeout=90) as answer:  # noqa: S310
            told = dict(re.findall(r"^# TYPE (\w+) (\w+)$", answer.read().decode(), flags=re.MULTILINE))
        assert told == {name: kind for name, (kind, _) in documented().items() if name in told}
        assert "pixelhub_request_seconds" in told

        hub.stop()
        watching.wait_for(lambda: "ProcessDown" in watching.firing(), "the hub is gone")
