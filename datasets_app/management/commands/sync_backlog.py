"""`manage.py sync_backlog SOURCE TARGET`: bring a backlog into the object store and prove that it landed."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.jobwait import project_named
from datasets_app.management.progressline import finish_with_progress
from datasets_app.models import StoreWork
from datasets_app.services.backlog import sync_start
from datasets_app.services.errors import StorageRefused


class Command(BaseCommand):
    """Sync through rclone; exit code 1 when something did not land (the report names it)."""

    help = (
        "Copy a backlog (remote:path of rclone, a folder, or a name of SYNC_SOURCES) below a prefix of the object "
        "store, then compare names, sizes and hashes on both sides. "
        "Example: manage.py sync_backlog gdrive:processed gdrive/processed/ --bandwidth 10M --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("source", metavar="SOURCE", help="remote:path, /folder, or a name of SYNC_SOURCES")
        parser.add_argument("target", metavar="TARGET", nargs="?", default="", help="such as gdrive/processed/")
        parser.add_argument("--bandwidth", default="", help="bytes per second: 500K, 10M, or 10M:2M for up and down")
        parser.add_argument("--project", help="the project whose members see the job")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Sync and print what landed."""
        named = settings.SYNC_SOURCES.get(options["source"], {})
        try:
            work = sync_start(
                source=named.get("source", options["source"]),
                target=options["target"] or named.get("target", ""),
                name=options["source"] if named else "",
                bandwidth=options["bandwidth"],
                actor=None,
                project=project_named(options["project"]) if options["project"] else None,
            )
        except StorageRefused as refused:
            raise CommandError(str(refused), returncode=2) from None
        assert work.job is not None
        error = finish_with_progress(work.job, self.stderr)
        work = StoreWork.objects.get(pk=work.pk)
        if options["json"]:
            self.stdout.write(json.dumps({"landed": not error, "error": error, **work.report}, indent=2))
        else:
            self._tell(work, error)
        if error:
            raise SystemExit(1)

    def _tell(self, work: StoreWork, error: str) -> None:
        landing = work.report.get("landing")
        if landing:
            source, target = landing["source"], landing["target"]
            self.stdout.write(f"source: {source['objects']:,} files, {source['bytes']:,} bytes")
            self.stdout.write(f"target: {target['objects']:,} objects, {target['bytes']:,} bytes")
            for kind, names in landing["names"].items():
                for name in names:
                    self.stdout.write(f"    {kind}: {name}")
        self.stdout.write(error or "everything landed")
