"""`manage.py audit_export`: events of the audit trail as JSON lines with a signed last line, checkable anywhere."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import Project
from pixelhub.audit.acts import GROUPS, acts
from pixelhub.audit.browsing import Filter
from pixelhub.audit.exporting import Scope, audit_export


class Command(BaseCommand):
    help = "Write audit events as lines of canonical JSON, in order, hashes included; the last line is signed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", default="-", help="file to write, - for standard output")
        parser.add_argument("--project", default="", help="only this project's, by its short name")
        parser.add_argument("--hub", action="store_true", help="only those of no project: sign-ins, accounts")
        parser.add_argument("--group", default="", choices=["", *GROUPS], help="only acts of this kind")
        parser.add_argument("--action", default="", help="only this action: round.close")
        parser.add_argument("--actor", default="", help="only what this username did")
        parser.add_argument("--target", default="", help='only what was done to this: "accounts.ApiKey 12"')
        parser.add_argument("--identifier", default="", help="only the event of this number, key or hash")
        parser.add_argument("--since", type=date.fromisoformat, default=None, help="from this day on (UTC)")
        parser.add_argument("--until", type=date.fromisoformat, default=None, help="up to this day (UTC)")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if options["project"] and (project is None or options["hub"]):
            raise CommandError("There is no such project." if project is None else "Either a project or the hub.")
        if options["action"] and options["action"] not in acts():
            raise CommandError("There is no such action; docs/audit.md lists them.")
        names = ("group", "action", "actor", "target", "identifier", "since", "until")
        asked = Filter(**{name: options[name] for name in names})
        lines = audit_export(scope=Scope(project, hub=options["hub"]), asked=asked, actor=None)
        if options["output"] == "-":
            self._write(lines, sys.stdout.buffer)
            return
        with Path(options["output"]).open("wb") as stream:
            count = self._write(lines, stream)
        self.stdout.write(f"{count - 1} events written to {options['output']}, with a signed last line")

    def _write(self, lines: Iterator[bytes], stream: Any) -> int:
        count = 0
        for count, line in enumerate(lines, start=1):  # noqa: B007  (the number of the last one)
            stream.write(line)
        return count
