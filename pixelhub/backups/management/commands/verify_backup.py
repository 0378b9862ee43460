"""`manage.py verify_backup NAME|last`: read every byte of a backup."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pixelhub.backups.errors import BackupDamaged, BackupRefused
from pixelhub.backups.layout import named, open_place, read_manifest
from pixelhub.backups.progressline import progress_line
from pixelhub.backups.verifying import backup_problems
from pixelhub.objects import ObjectStoreError
from pixelhub.signing import public_key_from


class Command(BaseCommand):
    help = "Check a backup against its manifest; exit code 1 and the names where a byte is missing or changed."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="last", help="the backup's name; the newest when left out")
        parser.add_argument("--from", dest="place", default="", help="where backups lie, instead of BACKUP_URL")
        parser.add_argument("--public-key", default="", help="PEM file that the manifest must be signed by")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and exit."""
        try:
            place = open_place(options["place"])
            name = named(place, options["name"])
            trusted = public_key_from(Path(options["public_key"])) if options["public_key"] else None
            problems = backup_problems(place, read_manifest(place, name, trusted=trusted), progress_line(self.stderr))
        except BackupDamaged as damaged:
            problems = damaged.problems
        except FileNotFoundError:
            raise CommandError("There is no such public key.", returncode=2) from None
        except (BackupRefused, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps({"backup": name, "ok": not problems, "problems": problems}, indent=2))
        else:
            self.stdout.write("\n".join([f"{name}: {'NOT whole' if problems else 'whole'}", *problems]))
        if problems:
            sys.exit(1)
