"""`manage.py backup`: database, objects and one signed manifest into the place of backups."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pixelhub.backups import sealedkeys
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import backup_names, open_place
from pixelhub.backups.progressline import progress_line
from pixelhub.backups.services import backup_make, backup_plan
from pixelhub.objects import ObjectStoreError


class Command(BaseCommand):
    help = "Back up the hub to BACKUP_URL (or --to) while it runs, and let old backups go. See docs/backup.md."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", default="", help="file:///folder or s3://bucket/prefix instead of BACKUP_URL")
        parser.add_argument(
            "--keys-passphrase-file",
            default=settings.BACKUP_KEYS_PASSPHRASE_FILE,
            metavar="FILE",
            help="put the key files in, encrypted under the passphrase in this file; without it they are left out",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be read; write nothing")
        parser.add_argument("--list", action="store_true", help="the backups there are, oldest first")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make, plan or list."""
        try:
            place = open_place(options["to"])
            file = options["keys_passphrase_file"]
            if options["list"]:
                report: dict[str, Any] = {"backups": backup_names(place)}
            elif options["dry_run"]:
                report = backup_plan(place=place)
            else:
                passphrase = sealedkeys.passphrase_from(file) if file else ""
                say = progress_line(self.stderr)
                report = backup_make(place=place, actor=None, passphrase=passphrase, say=say)
        except (BackupRefused, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(report, indent=2) if options["json"] else "\n".join(_lines(report)))


def _lines(report: dict[str, Any]) -> list[str]:
    if "name" not in report:
        if "dry_run" not in report:
            return list(report["backups"]) or ["no backup yet"]
        return [
            f"would copy the {report['database']} database and read {report['to_read']:,} of {report['objects']:,} "
            f"objects ({report['to_read_bytes']:,} of {report['bytes']:,} bytes)"
        ]
    lines = [
        f"{report['name']}: {report['rows']:,} rows up to audit event {report['audit_events']:,}, "
        f"{report['objects']:,} objects ({report['copied']:,} new, {report['copied_bytes']:,} bytes), "
        f"{report['seconds']} s",
        f"manifest SHA-256 {report['manifest_sha256']}",
    ]
    lines += [f"gone while it was copied: {key}" for key in report["vanished"]]
    lines += [f"expired {name}" for name in report["expiry"]["expired"]]
    lines += [f"UNREADABLE, and nothing was removed: {name}" for name in report["expiry"]["unreadable"]]
    lines += [f"nothing expired: {report['expiry']['error']}"] if report["expiry"]["error"] else []
    return [*lines, *([report["warning"]] if report["warning"] else [])]
