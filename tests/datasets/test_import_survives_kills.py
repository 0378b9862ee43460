"""kill -9 of the process that imports: resumed by another one, every row exactly once, on both databases."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hubprocess import HubProcess
from tests.paths import PROJECT_ROOT

ROWS = 6000
START = """
from pathlib import Path
from datasets_app.services import import_start
from tests.personas import make_world
world = make_world()
batch = import_start(
    project=world.project, source="synthetic", family="sarcasm", file=Path(FILE), file_name="rows.jsonl", actor=None
)
result = batch.job_id
"""
COUNTS = """
from datasets_app.models import ImportBatch, QuarantinedRow, Record
from pixelhub.audit.models import AuditEvent
batch = ImportBatch.objects.get()
result = [
    batch.state, batch.read, batch.accepted, batch.duplicates, batch.quarantined, Record.objects.count(),
    QuarantinedRow.objects.count(), AuditEvent.objects.filter(action="import.finish").count(),
]
"""
LAPSE = """
from django.utils import timezone
from pixelhub.jobs.models import Job
from pixelhub.jobs.sweep import sweep
Job.objects.filter(state="running").update(lease_until=timezone.now())
sweep()
result = None
"""
RUN = """
import os, signal, sys
import django
django.setup()
from datasets_app.services import ingest
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline

fatal, real, calls = int(sys.argv[1]), ingest._apply, []

def apply(*arguments):
    calls.append(1)
    outcome = real(*arguments)
    if len(calls) == fatal:
        os.kill(os.getpid(), signal.SIGKILL)  # after the writes of a chunk, before its commit
    return outcome

ingest._apply = apply
run_inline(Job.objects.get(kind="dataset.import"))
"""


@pytest.mark.slow
def test_killed_import_is_resumed_and_counts_every_row_once(database_url: str, tmp_path: Path) -> None:
    hub = HubProcess(tmp_path, DATABASE_URL=database_url)
    file = tmp_path / "rows.jsonl"
    rows = [json.dumps({"text": f"row {n}"}) if n % 10 else f'{{"bad": {n}}}' for n in range(ROWS)]
    file.write_text("\n".join([*rows, *rows[:100]]))
    hub.python(f"FILE = {str(file)!r}\n" + START)
    environment = {**hub.environment, "PYTHONPATH": str(PROJECT_ROOT)}
    for fatal_chunk in (3, 4):
        died = subprocess.run([sys.executable, "-c", RUN, str(fatal_chunk)], env=environment, check=False)
        assert died.returncode == -signal.SIGKILL
        assert hub.python(COUNTS)[0] == "running"
        hub.python(LAPSE)
    subprocess.run([sys.executable, "-c", RUN, "0"], env=environment, check=True)
    good, bad = ROWS * 9 // 10, ROWS // 10
    assert hub.python(COUNTS) == ["done", ROWS + 100, good, 90, bad + 10, good, bad + 10, 1]
