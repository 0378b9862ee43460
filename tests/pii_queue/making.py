"""Records with invented identifiers, screened as an import would."""

from typing import Any

from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.models import ImportBatch, Record
from datasets_app.services.pii import Decision
from datasets_app.services.screening import findings_save, screen_records
from pixelhub.accounts.models import Project, User

EMAIL = "marta.holt@example.org"
TEXT = f"My name is Marta Holt, write to {EMAIL} please. I took 800 mg and thought of calling 988."
CALM = "The week was long and I slept badly, but the walk helped."


def said(*contents: str) -> list[dict[str, str]]:
    """Turns of a user and an assistant by turns."""
    return [{"role": ("user", "assistant")[n % 2], "content": content} for n, content in enumerate(contents)]


def make_batch(project: Project, **more: Any) -> ImportBatch:
    values: dict[str, Any] = {
        "source": "real", "family": "priority_datasets", "file_name": "real.jsonl", "object_key": "imports/real.jsonl",
        "file_sha256": "0" * 64, "state": "done",
    }  # fmt: skip
    return ImportBatch.objects.create(project=project, **(values | more))


def unsaved(batch: ImportBatch, messages: list[dict[str, str]], line: int = 1, **more: Any) -> Record:
    values: dict[str, Any] = {
        "content_hash": content_hash(messages),
        "record_hash": record_hash(f"c{line}", 1, batch.source, None),
        "external_id": f"c{line}",
        "group_key": f"conversation:c{line}",
        "group_keys": [f"conversation:c{line}"],
        "messages": messages,
        "turns": len(messages),
        "source": batch.source,
        "family": batch.family,
        "line": line,
    }
    return Record(project=batch.project, import_batch=batch, **(values | more))


def screened(batch: ImportBatch, *conversations: list[dict[str, str]], **more: Any) -> list[Record]:
    """Records stored with their findings."""
    records = [unsaved(batch, messages, line, **more) for line, messages in enumerate(conversations, start=1)]
    findings = screen_records(records)
    Record.objects.bulk_create(records)
    findings_save(findings, pk_of={record.content_hash: record.pk for record in records})
    return records


def waiting(project: Project, count: int = 3) -> list[Record]:
    """That many different real conversations with a name and an address to write to."""
    conversations = [
        said(f"My name is Marta Holt, write to marta{n}@example.org please. Day {n} was long.", "Thank you, Marta.")
        for n in range(1, count + 1)
    ]
    return screened(make_batch(project), *conversations)


def accept_all(record: Record, **changes: Any) -> list[Decision]:
    """Every finding of a record taken as an identifier."""
    return [
        Decision(row.pk, row.turn, row.start, row.end, row.kind, changes.get("accept", True))
        for row in record.pii_findings.all()
    ]


def text_of(record: Record) -> str:
    record.refresh_from_db()
    return "\n".join(message["content"] for message in record.messages)


def reviewer(world: Any, n: int = 1) -> User:
    person: User = world.user("data_engineer", n)
    return person
