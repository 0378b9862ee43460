"""What storage tests build: a store filled as an operator's would be, jobs run as a worker would."""

import gzip
import json
from typing import Any

import zstandard

from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import ObjectStore


def lines(count: int, tail: bytes = b"\n") -> bytes:
    """So many records as JSON lines."""
    return b"\n".join(json.dumps({"n": number}).encode() for number in range(count)) + (tail if count else b"")


def fill(store: ObjectStore) -> None:
    """Something of some families, something without a route, something of the hub's own."""
    store.put("gdrive/processed/cptsd/a.jsonl", lines(3))
    store.put("gdrive/processed/cptsd/b.jsonl.gz", gzip.compress(lines(4, b"")))
    store.put("gdrive/processed/cptsd/c.jsonl.zst", zstandard.compress(lines(5) + b"\n  \n"))
    store.put("voice/persona.jsonl", lines(2))
    store.put("lightning/report.pdf", b"%PDF")
    store.put("gdrive/processed/addiction/half.jsonl.partial", b"{")
    store.put("gdrive/processed/addiction/empty.jsonl", b"")
    store.put("gdrive/raw/unsorted.zip", b"zip")
    store.put("stray.txt", b"stray")
    store.put("imports/alpha/x.jsonl", lines(9))


def manifest(total: int, files: dict[str, int]) -> bytes:
    entries = [{"path": path, "bytes": size} for path, size in files.items()]
    return json.dumps({"counts": {"total": total}, "files": entries}).encode()


def run(job: Job | None) -> Job:
    """To the end, as a worker would."""
    assert job is not None
    run_inline(job)
    return job


def results(job: Job) -> dict[str, Any]:
    assert job.state == "succeeded", job.error
    return job.result
