"""Many processes appending at once leave one unbroken chain, on both databases."""

import os
import subprocess
import sys

from tests.paths import PROJECT_ROOT

PROCESSES, EVENTS = 6, 25
WRITER = """
import django; django.setup()
from django.db import transaction
from pixelhub.audit.services import record
for n in range({events}):
    with transaction.atomic():
        record(action="race.act", payload={{"n": n}})
"""


def test_parallel_writers_break_no_link(database_url: str, tmp_path) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
        "PIXELHUB_VAR_DIR": str(tmp_path),
    }

    def python(*arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, *arguments], env=environment, cwd=PROJECT_ROOT)

    writers = [python("-c", WRITER.format(events=EVENTS)) for _ in range(PROCESSES)]
    assert [writer.wait() for writer in writers] == [0] * PROCESSES
    verified = subprocess.run(
        [sys.executable, "manage.py", "audit_verify"],
        env=environment,
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    assert verified.returncode == 0, verified.stdout
    assert f"{PROCESSES * EVENTS} events" in verified.stdout
