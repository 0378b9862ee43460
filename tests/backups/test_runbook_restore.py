"""The runbook's section Restore, carried out word for word on an empty machine; and the hub that starts there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.hubprocess import HubProcess
from tests.jobs.waiting import until
from tests.migrated import copy_sqlite
from tests.paths import PROJECT_ROOT
from tests.personas import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.one_database]


def commands_of_the_runbook() -> str:
    """The block of commands under "Restore"."""
    text = (PROJECT_ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text.split("\n## Restore\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    found = re.search(r"^```sh\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert found, "the runbook has no commands under Restore"
    return found[1]


def test_on_call_restores_by_the_runbook_and_the_hub_goes_on(tmp_path: Path) -> None:
    phrase = tmp_path / "phrase"
    phrase.write_text("a passphrase kept elsewhere\n")
    settings = {"BACKUP_URL": f"file://{tmp_path / 'backups'}", "BACKUP_KEYS_PASSPHRASE_FILE": str(phrase)}
    lost, new = (HubProcess(tmp_path / name, **settings) for name in ("lost", "new"))
    copy_sqlite(lost.database)
    new.folder.mkdir()
    stood = lost.python("from tests.backups.standing import fill\nresult = fill()")
    lost.manage("backup")

    beside = f"{Path(sys.executable).parent}:{new.environment['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands_of_the_runbook()],
        cwd=PROJECT_ROOT, env={**new.environment, "PATH": beside}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    checks = re.findall(r"^  ([a-z -]+): ([\d,]+) checked, (\d+) problems$", done.stdout, flags=re.MULTILINE)
    assert {what: count for what, _, count in checks} == dict.fromkeys(
        [
            "rows of every table",
            "events of the audit trail",
            "releases by their manifests",
            "objects that rows name",
            "signatures of sign-offs",
        ],
        "0",
    )
    with new.start("--no-worker"):
        _goes_on(new, stood)
    evidence = new.manage("evidence", "release", "1.0.0", "--project", "alpha")
    assert stood["manifest"][:12] in evidence.stdout


def _goes_on(hub: HubProcess, stood: dict[str, Any]) -> None:
    """Sign in with the password of before, open the release, score with the key of before by the signed model."""
    with httpx.Client(base_url=hub.url, follow_redirects=True, timeout=180, trust_env=False) as person:
        page = person.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        form = {"csrfmiddlewaretoken": token[1], "login": stood["person"], "password": PASSWORD}
        inside = person.post("/accounts/login/", data=form, headers={"referer": f"{hub.url}/accounts/login/"})
        assert inside.status_code == 200 and "/login" not in str(inside.url)
        release = person.get(stood["release"])
        assert release.status_code == 200 and stood["manifest"][:12] in release.text
    body = {"messages": [{"role": "user", "content": "doom doom"}]}

    def score() -> dict[str, Any] | None:
        """None where a busy machine took longer than a person is let wait: then the rules answer, or nobody can yet."""
        answer = httpx.post(
            f"{hub.url}/api/v1/crisis/score",
            json=body,
            headers={"authorization": f"Bearer {stood['token']}"},
            timeout=180,
            trust_env=False,
        )
        found: dict[str, Any] = answer.json()
        return None if answer.status_code == 503 or found["reason"] == "model_slow" else found

    answer = until(score, what="the hub answers in time")
    assert (answer["verdict"], answer["degraded"], answer["reason"]) == ("crisis", False, None), answer
