"""How long the audit trail takes: `python -m benchmarks.audit_browsing [EVENTS] [--postgresql]`.

Works on a fresh database of its own. Prints milliseconds, the median of five, for pages of 50 under each filter; what
the evidence of a score takes when the whole chain is read and when it is read from its last good check; and an export
of everything with the memory it took. The events are made up: nine of ten are scores and labels, as in a busy hub.
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.servers import postgres_server

BLOCK = 10_000
READ = "Events read just now"


def main(count: int, *, postgresql: bool) -> None:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="audit-browsing-"))
        database = stack.enter_context(postgres_server()) if postgresql else f"sqlite:///{Path(folder) / 'hub.sqlite3'}"
        if database is None:
            sys.exit("There is no PostgreSQL on this machine.")
        os.environ["PIXELHUB_VAR_DIR"] = folder
        os.environ["DATABASE_URL"] = database
        os.environ["DJANGO_SETTINGS_MODULE"] = "pixelhub.settings"
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        stack.callback(connections.close_all)  # the database server waits for them before it ends

        call_command("migrate", verbosity=0)
        began = perf_counter()
        fill(count)
        print(f"{'PostgreSQL' if postgresql else 'SQLite'}, {count:,} events, filled in {perf_counter() - began:.0f} s")
        measure(count)
        measure_evidence()
        measure_export()


def fill(count: int) -> None:
    """Real chained events, written in blocks."""
    from pixelhub.audit.chain import GENESIS, event_hash
    from pixelhub.audit.models import AuditEvent, AuditHead

    rng, previous = random.Random(1), GENESIS
    start = datetime(2026, 1, 1, tzinfo=UTC)
    common, rare = (
        ("scores.record", "annotation.submit"),
        ("round.close", "signoff.decide", "pii.review", "job.enqueue"),
    )
    rows: list[Any] = []
    for seq in range(1, count + 1):
        fields = {
            "seq": seq,
            "at": (start + timedelta(seconds=20 * seq)).isoformat(timespec="microseconds"),
            "action": rng.choice(common if rng.random() < 0.9 else rare),
            "actor_id": rng.randrange(40),
            "actor_label": f"person-{rng.randrange(40)}",
            "project_id": rng.choice((1, 1, 1, 2)),
            "target_type": "annotation.Annotation",
            "target_id": str(rng.randrange(count)),
            "payload_json": '{"revision":1}',
        }
        digest = event_hash(fields, previous)
        rows.append(AuditEvent(**fields, prev_hash=previous, hash=digest))
        previous = digest
        if len(rows) == BLOCK or seq == count:
            AuditEvent.objects.bulk_create(rows)
            rows = []
    AuditHead.objects.create(pk=1, seq=count, hash=previous)


def measure(count: int) -> None:
    from pixelhub.audit.browsing import Filter, chosen_events, page_of
    from pixelhub.audit.selectors import event_hash_at, events_of_project

    scope = events_of_project(1)
    day = date(2026, 1, 1) + timedelta(seconds=10 * count)
    cases: dict[str, tuple[Filter, int | None]] = {
        "newest": (Filter(), None),
        "in the middle": (Filter(), count // 2),
        "at the far end": (Filter(), 200),
        "a rare action": (Filter(action="signoff.decide"), None),
        "a group of many actions": (Filter(group="annotation"), None),
        "one person": (Filter(actor="person-7"), None),
        "one person, a rare action": (Filter(actor="person-7", action="round.close"), None),
        "one day in the middle": (Filter(since=day, until=day), None),
        "a key": (Filter(identifier="4711"), None),
        "a key that is nowhere": (Filter(identifier="nowhere"), None),
        "an event's hash": (Filter(identifier=event_hash_at(count // 3)), None),
    }
    for name, (asked, before) in cases.items():
        taken = []
        for _ in range(5):
            began = perf_counter()
            page_of(chosen_events(scope, asked), asked, before=before)
            taken.append(1000 * (perf_counter() - began))
        print(f"{name:28} {statistics.median(taken):8.1f} ms")


def measure_evidence() -> None:
    """A score that the rules gave: of its evidence, the trail is what takes time."""
    from django.utils import timezone

    from inference.models import ScoreLog
    from inference.services import score_log_write
    from pixelhub.accounts.models import Project
    from pixelhub.audit.verification import audit_verify
    from review.chain import evidence_chain

    project = Project.objects.create(slug="measured", name="Measured")
    score = ScoreLog(
        project=project,
        model_version="rules",
        content_hash="sha256:" + "b" * 64,
        crisis_type="none",
        band="none",
        alert_level="none",
        degraded=True,
        reason="no_model",
        latency_ms=2.0,
        at=timezone.now(),
    )
    score_log_write(rows=[score])

    def took(name: str, *, whole: bool, times: int) -> None:
        taken = []
        for _ in range(times):
            began = perf_counter()
            chain = evidence_chain(score.pk, whole=whole)
            taken.append(1000 * (perf_counter() - began))
        said = chain.links[-1]
        print(f"evidence, {name:36} {statistics.median(taken):9.1f} ms  ({said.state}; {dict(said.facts)[READ]})")

    took("the whole chain read", whole=True, times=1)
    took("nobody has verified it yet", whole=False, times=3)
    check = audit_verify()
    print(
        f"verified as a whole: {check.events:,} events in {check.seconds:.1f} s, {'intact' if check.ok else 'BROKEN'}"
    )
    took("from the last good check", whole=False, times=5)
    score_log_write(rows=[ScoreLog(**{**_values(score), "project": project})])
    took("one event after it", whole=False, times=5)


def _values(score: Any) -> dict[str, Any]:
    names = ("model_version", "content_hash", "crisis_type", "band", "alert_level", "degraded", "reason", "latency_ms")
    return {name: getattr(score, name) for name in (*names, "at")}


def measure_export() -> None:
    from pixelhub.audit.browsing import Filter
    from pixelhub.audit.exported import verify_export
    from pixelhub.audit.exporting import Scope, audit_export
    from pixelhub.keys import public_key

    for name, asked in (("everything", Filter()), ("a group of many actions", Filter(group="annotation"))):
        before, began, size = _peak(), perf_counter(), 0
        for line in audit_export(scope=Scope(), asked=asked, actor=None):
            size += len(line)
        seconds = perf_counter() - began
        grown = _peak() - before
        print(f"export of {name}: {size / 1e6:.0f} MB in {seconds:.1f} s, memory grew by {grown:.0f} MB at most")
    began = perf_counter()
    report = verify_export(audit_export(scope=Scope(), asked=Filter(), actor=None), public_key())
    print(f"export and check of {report.events:,} events: {perf_counter() - began:.1f} s, {report.problems or 'holds'}")


def _peak() -> float:
    """The most memory that this process ever took, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    numbers = [argument for argument in sys.argv[1:] if argument.isdecimal()]
    main(int(numbers[0]) if numbers else 1_000_000, postgresql="--postgresql" in sys.argv)
