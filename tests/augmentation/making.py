"""Originals and runs of the augmentation's tests."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datasets_app.corpus.augmentation.check import Classifier
from datasets_app.corpus.augmentation.parents import Parent, originals_in
from datasets_app.corpus.augmentation.report import Report
from datasets_app.corpus.augmentation.run import Settings, Written, augment
from datasets_app.corpus.hashing import content_hash
from datasets_app.models import Augmentation, Release
from datasets_app.services.augmentation import AugmentationChoices, augmentation_start
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.runner import run_inline

FAMILY = "edge_case_synthetic"


def write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """Write rows as JSONL."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """Read JSONL rows."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def make(
    folder: Path, originals: Path, *, classifier: Classifier | None = None, **asked: Any
) -> tuple[Report, Written]:
    """Run an augmentation of one file into `folder`."""
    written = Written.beside(folder / "made.jsonl")
    folder.mkdir(exist_ok=True)
    counts = asked.pop("counts", {})
    report = augment(
        originals_in([originals], family=FAMILY), written, Settings(counts=counts, **asked), classifier=classifier
    )
    return report, written


def parent(*said: str, crisis_type: str = "none", severity: int | None = None, **fields: Any) -> Parent:
    """A parent of the user's messages, a plain reply after each but the last."""
    messages = []
    for place, text in enumerate(said):
        messages.append({"role": "user", "content": text})
        if place < len(said) - 1:
            messages.append({"role": "assistant", "content": "I'm here with you. Take your time."})
    return Parent(
        id="p1",
        messages=messages,
        content_hash=content_hash(messages),
        crisis_type=crisis_type,
        severity=severity,
        group_keys=["record:f:p1"],
        **fields,
    )


def augmented(
    project: Project, counts: Mapping[str, int], *, actor: User | None = None, release: Release | None = None
) -> Augmentation:
    """Augment in the hub, to the end, as a worker would."""
    choices = AugmentationChoices(counts=counts, release=release, max_ratio=1.0)
    run = augmentation_start(project=project, choices=choices, actor=actor)
    run_inline(run.job)
    run.refresh_from_db()
    run.job.refresh_from_db()
    assert run.job.state == "succeeded", run.job.error
    return run
