"""`manage.py restore NAME|last`: a backup into an empty database and an empty object store."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pixelhub.backups import sealedkeys
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import named, open_place
from pixelhub.backups.progressline import progress_line
from pixelhub.backups.proving import Restored, restored_checks
from pixelhub.backups.restoring import backup_restore
from pixelhub.objects import ObjectStoreError
from pixelhub.signing import public_key_from


class Command(BaseCommand):
    help = (
        "Restore a backup into the empty database of DATABASE_URL and the empty store of OBJECT_STORE_URL, then prove "
        "it. Stop the hub before. Example: manage.py restore last --from s3://backups/hub --dry-run"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="last", help="the backup's name; the newest when left out")
        parser.add_argument("--from", dest="place", default="", help="where backups lie, instead of BACKUP_URL")
        parser.add_argument("--public-key", default="", help="PEM file that the manifest must be signed by")
        parser.add_argument(
            "--keys-passphrase-file", default="", metavar="FILE", help="put the key files back as well, opened by this"
        )
        act = parser.add_mutually_exclusive_group()
        act.add_argument("--dry-run", action="store_true", help="verify the backup and the place; write nothing")
        act.add_argument("--check", action="store_true", help="only the checks after a restore, of what stands here")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore or check; exit code 1 when refused or when what stands here is not what was backed up."""
        try:
            place = open_place(options["place"])
            name = named(place, options["name"])
            if options["check"]:
                report = restored_checks(place=place, name=name)
            else:
                file = options["keys_passphrase_file"]
                report = backup_restore(
                    place=place,
                    name=name,
                    passphrase=sealedkeys.passphrase_from(file) if file else "",
                    trusted=public_key_from(Path(options["public_key"])) if options["public_key"] else None,
                    dry_run=options["dry_run"],
                    say=progress_line(self.stderr),
                )
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.", returncode=2) from None
        except (BackupRefused, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        told = {"ok": not report.problems, "problems": report.problems}
        self.stdout.write(json.dumps(told | vars(report), indent=2) if options["json"] else "\n".join(_lines(report)))
        if report.problems:
            sys.exit(1)


def _lines(report: Restored) -> list[str]:
    what = f"{report.rows:,} rows and {report.objects:,} objects ({report.bytes:,} bytes)"
    if report.dry_run:
        return [f"{report.name} is whole and this place is empty: {what} would be restored"]
    lines = [f"{report.name}: {what}"]
    if report.went_on_from:
        lines.append(f"  went on from an attempt that had put back {report.went_on_from:,} of the objects")
    for check in report.checks:
        lines.append(f"  {check['what']}: {check['checked']:,} checked, {len(check['problems'])} problems")
        lines += [f"    {problem}" for problem in check["problems"]]
    return [*lines, *([report.to_do] if report.to_do else [])]
