"""Compiles a corpus release through the hub's worker, again and again: the engineer of `benchmarks.together`.

Run in the hub's own environment. Each line on standard input alternately begins and ends a stretch; after its end one
line of JSON says of each compile how long it took, what became of it and which bytes it made.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402  (after django.setup)

from benchmarks.together_setup import COMPILED  # noqa: E402
from datasets_app.models import Release  # noqa: E402
from datasets_app.services import ReleaseChoices, release_create  # noqa: E402
from pixelhub.accounts.models import Project, User  # noqa: E402
from pixelhub.canonical import sha256_json  # noqa: E402
from pixelhub.objects import get_store  # noqa: E402

LOOK_SECONDS = 0.25
ENDED = (Release.State.PUBLISHED, Release.State.FAILED)


def compile_until(over: threading.Event, done: list[dict[str, Any]]) -> None:
    """One release after the other, the same settings each time; the last one is waited for, however long it takes."""
    project, engineer = Project.objects.get(slug=COMPILED), User.objects.get(username="engineer")
    number = Release.objects.filter(project=project).count()
    while not over.is_set():
        number += 1
        began = time.monotonic()
        choices = ReleaseChoices(seed=1, kind=Release.Kind.CORPUS)
        release = release_create(project=project, version=f"1.0.{number}", actor=engineer, choices=choices)
        while release.shown_state not in (*ENDED, "cancelled"):
            time.sleep(LOOK_SECONDS)
            release.refresh_from_db()
        within = not over.is_set()
        seconds = time.monotonic() - began
        done.append({"seconds": seconds, "within": within, "state": release.state, **_made(release)})
    connection.close()


def _made(release: Release) -> dict[str, Any]:
    """What a published release consists of: its conversations' number, and one hash over those of its shards."""
    if release.state != Release.State.PUBLISHED:
        return {"records": 0, "sha256": "", "said": release.error}
    manifest = json.loads(get_store().read(f"{release.object_prefix}manifest.json"))
    shards = {entry["path"]: entry["sha256"] for entry in manifest["files"] if entry["path"].startswith("shards/")}
    return {"records": manifest["counts"]["total"], "sha256": sha256_json(shards), "said": ""}


def main() -> None:
    for _ in iter(sys.stdin.readline, ""):
        over, done = threading.Event(), list[dict[str, Any]]()
        engineer = threading.Thread(target=compile_until, args=(over, done))
        engineer.start()
        sys.stdin.readline()
        over.set()
        engineer.join()
        sys.stdout.write(json.dumps(done) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
