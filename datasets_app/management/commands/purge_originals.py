"""Delete the originals of real people's words whose time has come."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from datasets_app.services.retention import original_purge, originals_due
from pixelhub.objects import ObjectStoreError


class Command(BaseCommand):
    """`manage.py purge_originals --dry-run`."""

    help = (
        "Delete uploaded files and quarantines of real data that were reviewed ORIGINALS_KEEP_DAYS days ago. "
        "Example: manage.py purge_originals --dry-run --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        parser.add_argument("--project", help="only this project's imports, by its slug")
        parser.add_argument("--dry-run", action="store_true", help="say what is due and delete nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Purge what is due. Exit status 1 where an object could not be deleted; the next run tries again."""
        due = originals_due()
        if options["project"]:
            due = due.filter(project__slug=options["project"])
        report: dict[str, Any] = {"dry_run": options["dry_run"], "due": [], "purged": 0, "objects": 0, "bytes": 0}
        failed: list[int] = []
        for batch in due:
            report["due"].append(batch.pk)
            self.stderr.write(f"import {batch.pk} of {batch.project.slug}: {batch.file_sha256[:12]}")
            if options["dry_run"]:
                continue
            try:
                purged = original_purge(batch=batch)
            except ObjectStoreError as error:
                self.stderr.write(self.style.ERROR(str(error)))
                failed.append(batch.pk)
                continue
            if purged is not None:
                report["purged"] += 1
                report["objects"] += purged.objects
                report["bytes"] += purged.bytes
        report["failed"] = failed
        self.stdout.write(json.dumps(report) if options["json"] else _sentence(report))
        if failed:
            raise SystemExit(1)


def _sentence(report: dict[str, Any]) -> str:
    if report["dry_run"]:
        return f"{len(report['due'])} imports are due; nothing was deleted."
    return f"{report['purged']} imports purged: {report['objects']} objects, {report['bytes']:,} bytes."
