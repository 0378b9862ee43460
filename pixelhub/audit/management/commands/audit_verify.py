"""`manage.py audit_verify`: exit 0 where the audit chain holds, 1 where it does not, naming the events."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pixelhub.audit.selectors import chain_verify


class Command(BaseCommand):
    help = "Check every hash and link of the audit chain; exit 1 and name the events where one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = chain_verify()
        if options["json"]:
            body = {
                "ok": report.ok,
                "events": report.events,
                "head": report.head,
                "problems": report.problems,
            }
            self.stdout.write(json.dumps(body))
        else:
            self.stdout.write(f"{report.events} events, head {report.head}")
            for problem in report.problems:
                self.stdout.write(f"  {problem}")
            self.stdout.write("audit chain: intact" if report.ok else "audit chain: BROKEN")
        if not report.ok:
            sys.exit(1)
