"""Whether a backup is what its manifest says, byte by byte."""

from __future__ import annotations

from typing import Any

from pixelhub.backups.copying import each
from pixelhub.backups.gathering import Progress
from pixelhub.backups.layout import file_key, object_key
from pixelhub.objects import ObjectNotFound, ObjectStore, ObjectStoreError


def backup_problems(place: ObjectStore, document: dict[str, Any], say: Progress = lambda *told: None) -> list[str]:
    """What is missing or damaged, each by its file's name in the place; [] for a whole backup. Reads every byte."""
    expected = {object_key(entry["sha256"]): entry["sha256"] for entry in document["objects"]}
    for file in (document["database"], document["keys"]):
        if file is not None:
            expected[file_key(document["name"], file["file"])] = file["sha256"]
    problems = []
    wrong = each(sorted(expected.items()), lambda item: _wrong(place, *item))
    for done, problem in enumerate(wrong, start=1):
        say(done, len(expected), "reading every byte")
        if problem:
            problems.append(problem)
    return problems


def _wrong(place: ObjectStore, key: str, digest: str) -> str:
    try:
        return "" if place.sha256(key) == digest else f"{key} is damaged"
    except ObjectNotFound:
        return f"{key} is missing"
    except ObjectStoreError as error:
        return str(error) if key in str(error) else f"{key}: {error}"
