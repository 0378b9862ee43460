"""`manage.py import_records PATH --project P --source real --family F`: bring a file or a folder in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus import taxonomy
from datasets_app.corpus.reading import UnreadableFile, input_files
from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import ImportBatch
from datasets_app.selectors import quarantine_reasons
from datasets_app.services import ImportRefused, import_start, records_preview
from pixelhub.accounts.models import Project


class Command(BaseCommand):
    """Read conversations from a file or every readable file of a folder.

    Exit code 0 also when rows were quarantined (the report says so), 1 when a file could not be read.
    """

    help = "Import conversations: .jsonl, .json (array), .txt (marked dialogue), or .gz of these; a file or a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", type=Path, help="a file, or a folder that is read with its subfolders")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--source", required=True, choices=taxonomy.SOURCES)
        parser.add_argument("--family", required=True, choices=taxonomy.FAMILIES)
        parser.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES))
        parser.add_argument("--licence", default="", help="for example MIT or CC BY 4.0")
        parser.add_argument("--consent", default="", help="on what basis real people's words are used")
        parser.add_argument("--dry-run", action="store_true", help="read and report, write nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file and print a report that adds up."""
        project = project_named(options["project"])
        try:
            files = input_files(options["path"])
            reports = [self._one(project, path, options) for path in files]
        except (UnreadableFile, ImportRefused) as error:
            raise CommandError(str(error)) from None
        totals = {
            name: sum(report[name] for report in reports) for name in ("read", "accepted", "duplicates", "quarantined")
        }
        totals["adds_up"] = totals["read"] == totals["accepted"] + totals["duplicates"] + totals["quarantined"]
        if options["json"]:
            self.stdout.write(json.dumps({"dry_run": options["dry_run"], "files": reports, "total": totals}, indent=2))
            return
        for report in [*reports, {"file": "total", **totals}]:
            self.stdout.write(
                f"{report['file']}: {report['read']} read = {report['accepted']} accepted "
                f"+ {report['duplicates']} duplicates + {report['quarantined']} quarantined"
            )
            for reason, count in report.get("reasons", {}).items():
                self.stdout.write(f"    quarantined {count}: {reason}")
        if options["dry_run"]:
            self.stdout.write("Nothing was written (dry run).")

    def _one(self, project: Project, path: Path, options: dict[str, Any]) -> dict[str, Any]:
        if options["dry_run"]:
            preview = records_preview(project=project, family=options["family"], path=path)
            return {"file": path.name, **preview.as_dict()}
        batch = import_start(
            project=project,
            source=options["source"],
            family=options["family"],
            stage=options["stage"],
            licence=options["licence"],
            consent_basis=options["consent"],
            file=path,
            file_name=path.name,
            actor=None,
        )
        assert batch.job is not None
        finish(batch.job)
        batch = ImportBatch.objects.get(pk=batch.pk)
        return {
            "file": path.name,
            "batch": batch.pk,
            "read": batch.read,
            "accepted": batch.accepted,
            "duplicates": batch.duplicates,
            "quarantined": batch.quarantined,
            "formats": batch.formats,
            "reasons": {item["reason"]: item["count"] for item in quarantine_reasons(batch)},
            "quarantine_key": batch.quarantine_key,
        }
