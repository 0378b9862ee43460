"""Score a file of conversations with a registered model version."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import Project
from pixelhub.canonical import canonical_json
from pixelhub.objects import get_store
from training_app.learn.bundle import bundle_open
from training_app.learn.errors import BundleRefused
from training_app.learn.scoring import read_scorable, score
from training_app.management.commands._lookup import LATEST, find_project, find_version

SHOWN_REASONS: Final = 5


def _project(slug: str | None) -> Project:
    if slug:
        return find_project(slug)
    projects = list(Project.objects.filter(model_versions__isnull=False).distinct()[:2])
    if len(projects) != 1:
        raise CommandError("name the project with --project: none or several have model versions")
    return projects[0]


class Command(BaseCommand):
    help = (
        "Score conversations (JSON lines with messages, conversation or text) and write one line of id, score, crisis, "
        "crisis_type and severity for each. Nothing is written when a row cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines; one conversation each")
        parser.add_argument("--project", help="slug of the project; not needed when there is only one with models")
        parser.add_argument("--model", default=LATEST, help='version number or "latest" (the default)')
        parser.add_argument("--out", type=Path, required=True, help="JSON lines to write")
        parser.add_argument("--threads", type=int, default=1, help="default: 1")

    def handle(self, **options: Any) -> None:
        version = find_version(_project(options["project"]), options["model"])
        try:
            lines = options["file"].read_bytes().splitlines()
        except OSError as problem:
            raise CommandError(f"the file cannot be read: {problem.strerror}") from problem
        with tempfile.TemporaryDirectory() as folder:
            get_store().download_tree(version.object_prefix, Path(folder))
            try:
                bundle = bundle_open(Path(folder))
            except BundleRefused as problem:
                raise CommandError(f"the stored model does not check out: {problem}") from problem
            if bundle.sha256 != version.bundle_sha256:
                raise CommandError("the stored model is not the one that was registered")
            rows, refused = read_scorable(lines, last_messages=int(bundle.document["last_messages"]))
            if refused:
                raise CommandError(f"{len(refused)} rows cannot be read: " + "; ".join(refused[:SHOWN_REASONS]))
            results = score(bundle, rows, threads=options["threads"])
        options["out"].write_bytes(b"".join(canonical_json(result) + b"\n" for result in results))
        flagged = sum(result["crisis"] for result in results)
        self.stdout.write(f"version {version.version}: {len(results)} conversations scored, {flagged} flagged")
