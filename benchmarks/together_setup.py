"""Fill a migrated hub for `benchmarks.together`: a round, a corpus to compile, a deployment; and look at it afterwards.

Called in the hub's configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from benchmarks import labelling_setup, scoring_setup
from benchmarks.corpus import conversations
from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.models import ImportBatch, Record
from inference.models import ScoreLog
from pixelhub.accounts.services import membership_grant, project_create, user_create

BATCH = 500
COMPILED = "corpus"
SCORED = "scored"


def fill(*, samples: int, annotators: int, overlap: int, records: int, bundle: str) -> dict[str, Any]:
    """The round as `labelling_setup.fill` makes it, `records` in a project of their own, the key's token."""
    _corpus(records)
    made = labelling_setup.fill(samples, annotators, overlap)
    return {**made, "token": scoring_setup.main(Path(bundle), SCORED)}


def look(round_pk: int) -> dict[str, Any]:
    """What `labelling_setup.look` finds, and how many scores are in the log."""
    return {**labelling_setup.look(round_pk), "scores": ScoreLog.objects.filter(project__slug=SCORED).count()}


def _corpus(count: int) -> None:
    project = project_create(slug=COMPILED, name="A corpus to compile")
    membership_grant(project=project, user=user_create(username="engineer", password=None), role="data_engineer")
    batch = ImportBatch.objects.create(
        project=project, source="synthetic", family="sarcasm", file_name="corpus.jsonl", object_key="imports/corpus",
        file_sha256="0" * 64, read=count, accepted=count, state="done",
    )  # fmt: skip
    rows = (_record(batch, number, orjson.loads(line)) for number, line in enumerate(conversations(count, seed=1)))
    Record.objects.bulk_create(rows, batch_size=BATCH)


def _record(batch: ImportBatch, number: int, row: dict[str, Any]) -> Record:
    messages = [*row["messages"], {"role": "user", "content": f"That was conversation {number}."}]
    return Record(
        project=batch.project, import_batch=batch, family=batch.family, line=number + 1, source=batch.source,
        content_hash=content_hash(messages), record_hash=record_hash(row["id"], 1, batch.source, row["severity"]),
        external_id=row["id"], group_key=row["id"], group_keys=[row["id"]], messages=messages, turns=len(messages),
        pii_state="checked", proposed_type=row["crisis_type"], proposed_severity=row["severity"],
    )  # fmt: skip
