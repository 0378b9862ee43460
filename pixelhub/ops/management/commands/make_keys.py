"""`manage.py make_keys`: the key files of a hub, made once, before several processes need the same ones."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pixelhub.keys import signing_key
from pixelhub.sealing import sealer_from


class Command(BaseCommand):
    help = "Make the signing pair and the seal of session texts where they are missing; nothing is ever replaced."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        files = (settings.SIGNING_KEY_FILE, settings.SIGNING_PUBLIC_KEY_FILE, settings.SESSION_TEXT_KEY_FILE)
        missing = [path for path in files if not path.exists()]
        key_id = signing_key().public.key_id
        sealer_from(settings.SESSION_TEXT_KEY_FILE)
        if options["json"]:
            made = [str(path) for path in missing]
            self.stdout.write(json.dumps({"key_id": key_id, "files": [str(path) for path in files], "made": made}))
            return
        for path in files:
            self.stdout.write(f"{'made' if path in missing else 'there already'}: {path}")
        self.stdout.write(f"Signatures will name the key {key_id}.")
