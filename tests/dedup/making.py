"""Texts with copies of a known likeness, and records of them."""

from __future__ import annotations

import hashlib
import random
from typing import Any

from datasets_app.corpus.dedup.finder import NO_IDENTITY, Entry
from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.models import DuplicateSearch, ImportBatch, Record
from datasets_app.services.duplicates import duplicates_search
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.runner import run_inline

WORDS = [f"{first}{second}{third}" for first in "bdfgklmnprst" for second in "aeiou" for third in "lmnrst"]
LONG = "since the winter I sleep badly and every evening I walk along the river until the lamps go out again"


def words(rng: random.Random, count: int) -> str:
    return " ".join(rng.choices(WORDS, k=count))


def edited(rng: random.Random, text: str, changes: int) -> str:
    """The text with some of its words replaced."""
    found = text.split()
    for place in rng.sample(range(len(found)), changes):
        found[place] = "other" + rng.choice(WORDS)
    return " ".join(found)


def entry(key: int, text: str, *, rank: bytes = b"", protected: bool = False, identity: bytes = NO_IDENTITY) -> Entry:
    digest = hashlib.sha256(text.lower().encode()).digest()
    return Entry(key, digest[:16], identity, rank or digest[16:], protected, text)


def make_records(project: Project, *texts: str, **fields: Any) -> list[Record]:
    """One record per text, as an import leaves them."""
    batch = ImportBatch.objects.create(
        project=project, source="real", family="priority_datasets", file_name="said.jsonl", object_key="imports/said",
        file_sha256="0" * 64, state="done",
    )  # fmt: skip
    made = []
    for line, text in enumerate(texts, start=1):
        messages = [{"role": "user", "content": text}]
        name = fields.get("external_id", f"b{batch.pk}-{line}")
        values = {
            "content_hash": content_hash(messages),
            "record_hash": record_hash(name, fields.get("stage", 1), "real", None),
            "external_id": name,
            "group_key": f"record:{name}-{line}",
            "group_keys": [f"record:{name}-{line}"],
            "messages": messages,
            "turns": 1,
            "source": "real",
            "family": "priority_datasets",
            "line": line,
            "pii_state": Record.PiiState.CLEAN,
        }
        made.append(Record.objects.create(project=project, import_batch=batch, **(values | fields)))
    return made


def searched(project: Project, actor: User | None = None, **options: Any) -> DuplicateSearch:
    """A search that is done."""
    search = duplicates_search(project=project, actor=actor, **options)
    run_inline(search.job)
    search.refresh_from_db()
    assert search.state == "done", (search.state, search.job.error)
    return search
