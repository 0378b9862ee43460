"""`manage.py refresh_inventory`: list the object store and say what is there of each family."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.progressline import finish_with_progress
from datasets_app.models import InventoryEntry
from datasets_app.services.inventory import inventory_start


class Command(BaseCommand):
    """Refresh the inventory; exit code 1 when a family is incomplete, or when the store cannot be listed."""

    help = (
        "List the object store: objects, bytes, records and status of each of the 14 families. "
        "Example: manage.py refresh_inventory --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the inventory as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refresh and print."""
        job = inventory_start(project=None, actor=None)
        error = finish_with_progress(job, self.stderr)
        if error:
            raise CommandError(error)
        entries = list(InventoryEntry.objects.order_by("kind", "family"))
        if options["json"]:
            report = {"total": job.result, "parts": [_row(entry) for entry in entries]}
            self.stdout.write(json.dumps(report, indent=2))
        else:
            for entry in entries:
                records = "?" if entry.records_count is None else f"{entry.records_count:,}"
                counted = f", {records} records" if entry.kind == InventoryEntry.Kind.FAMILY else ""
                size = f"{entry.objects_count:,} objects, {entry.bytes_total:,} bytes{counted}"
                self.stdout.write(f"{entry.family}: {entry.status}, {size}")
                for problem in entry.detail["problems"]:
                    self.stdout.write(f"    {problem}")
                for example in entry.detail["examples"][:20]:
                    self.stdout.write(f"    {example['key']}")
        if any(entry.status == InventoryEntry.Status.INCOMPLETE for entry in entries):
            raise SystemExit(1)


def _row(entry: InventoryEntry) -> dict[str, Any]:
    return {
        "name": entry.family,
        "kind": entry.kind,
        "status": entry.status,
        "objects": entry.objects_count,
        "bytes": entry.bytes_total,
        "records": entry.records_count,
        "newest": entry.newest.isoformat() if entry.newest else None,
        **entry.detail,
    }
