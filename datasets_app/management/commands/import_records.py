"""`manage.py import_records PATH --project P --source real --family F`: bring a file or a folder in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus import taxonomy
from datasets_app.corpus.reading import UnreadableFile, input_files
from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import ImportBatch
from datasets_app.selectors import quarantine_reasons
from datasets_app.services import (
    ImportOptions,
    ImportRefused,
    import_start,
    imports_from_store,
    records_preview,
    rules_chosen,
)
from pixelhub.accounts.models import Project

T = TypeVar("T")


class Command(BaseCommand):
    """Read conversations from a file or every readable file of a folder.

    Exit code 0 also when rows were quarantined (the report says so), 1 when a file could not be read.
    """

    help = (
        "Import conversations from a file, a folder or s3://bucket/prefix: .jsonl, .json, .csv, .txt, .gz or "
        ".zst of these. It reads any bucket that the hub's keys open; pages and API keep to IMPORT_STORES. Example: "
        "manage.py import_records rows.jsonl --project demo --source synthetic --family sarcasm --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("path", help="a file, a folder that is read with its subfolders, or s3://bucket/prefix")
        parser.add_argument("--endpoint", default="", help="of the S3 store, where it is not the hub's own")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--source", required=True, choices=taxonomy.SOURCES)
        parser.add_argument("--family", required=True, choices=taxonomy.FAMILIES)
        parser.add_argument("--stage", type=int, default=1, choices=sorted(taxonomy.STAGES))
        parser.add_argument("--licence", default="", help="for example MIT or CC BY 4.0")
        parser.add_argument("--consent", default="", help="on what basis real people's words are used")
        parser.add_argument("--min-turns", type=int, default=1, help="0 switches the rule off (default %(default)s)")
        parser.add_argument(
            "--max-turns", type=int, default=2_000, help="0 switches the rule off (default %(default)s)"
        )
        parser.add_argument(
            "--max-turn-chars", type=int, default=100_000, help="0 switches the rule off (default %(default)s)"
        )
        parser.add_argument("--no-user-needed", action="store_false", dest="needs_user", help="nobody need be the user")
        parser.add_argument("--alternating", action="store_true", help="speakers must take turns")
        parser.add_argument("--posts-as-turns", action="store_true", help="a person's list of posts is a conversation")
        parser.add_argument("--dry-run", action="store_true", help="read and report, write nothing")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each file and print a report that adds up."""
        project = project_named(options["project"])
        try:
            rules = rules_chosen(options)
            chosen = ImportOptions(
                options["source"], options["family"], options["stage"], options["licence"], options["consent"], rules
            )
            if options["path"].startswith("s3://"):
                reports = self._from_store(project, chosen, options)
            else:
                files = input_files(Path(options["path"]))
                reports = [self._one(project, path, chosen, options) for path in self._counted(files)]
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

    def _counted(self, items: Sequence[T]) -> Iterator[T]:
        for number, item in enumerate(items, start=1):
            if self.stderr.isatty():
                self.stderr.write(f"file {number} of {len(items)}", ending="\r")
            yield item

    def _from_store(self, project: Project, chosen: ImportOptions, options: dict[str, Any]) -> list[dict[str, Any]]:
        if options["dry_run"]:
            raise ImportRefused("A dry run reads files of this machine only.")
        batches = imports_from_store(
            project=project,
            options=chosen,
            address=options["path"],
            endpoint=options["endpoint"],
            actor=None,
            anywhere=True,
        )
        return [self._finished(batch) for batch in self._counted(batches)]

    def _one(self, project: Project, path: Path, chosen: ImportOptions, options: dict[str, Any]) -> dict[str, Any]:
        if options["dry_run"]:
            preview = records_preview(project=project, family=chosen.family, path=path, rules=chosen.rules)
            return {"file": path.name, **preview.as_dict()}
        return self._finished(
            import_start(
                project=project,
                source=chosen.source,
                family=chosen.family,
                stage=chosen.stage,
                licence=chosen.licence,
                consent_basis=chosen.consent_basis,
                rules=chosen.rules,
                file=path,
                file_name=path.name,
                actor=None,
                origin=ImportBatch.Origin.COMMAND,
            )
        )

    def _finished(self, batch: ImportBatch) -> dict[str, Any]:
        assert batch.job is not None
        finish(batch.job)
        batch = ImportBatch.objects.get(pk=batch.pk)
        return {
            "file": batch.file_name,
            "batch": batch.pk,
            "read": batch.read,
            "accepted": batch.accepted,
            "duplicates": batch.duplicates,
            "quarantined": batch.quarantined,
            "formats": batch.formats,
            "reasons": {item["reason"]: item["count"] for item in quarantine_reasons(batch)},
            "quarantine_key": batch.quarantine_key,
        }
