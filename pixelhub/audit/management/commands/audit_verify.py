"""`manage.py audit_verify [FILE]`: exit 0 where the audit chain, or an exported file of it, holds, 1 where not."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.audit.compared import export_problems
from pixelhub.audit.exported import ExportReport, lines_of, verify_export
from pixelhub.audit.verification import audit_verify
from pixelhub.keys import public_key
from pixelhub.signing import PublicKey, public_key_from


class Command(BaseCommand):
    help = "Check the audit chain and compare it with its published heads, or check a file of `audit_export`."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="", help="an exported file to check instead of the chain")
        parser.add_argument("--key", default="", help="of a file: the public key it must be signed with (this hub's)")
        parser.add_argument("--here", action="store_true", help="of a file: compare it with the trail of this hub")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--since-last", action="store_true", help="only what came after the last check that found nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ok = self._file(options) if options["file"] else self._chain(options)
        if not ok:
            sys.exit(1)

    def _chain(self, options: dict[str, Any]) -> bool:
        check = audit_verify(whole=not options["since_last"])
        if options["json"]:
            body = {
                "ok": check.ok,
                "events": check.events,
                "first": check.first_seq,
                "last": check.last_seq,
                "head": check.head,
                "published_heads": check.published_heads,
                "broken_at": check.broken_at,
                "problems": check.problems,
            }
            self.stdout.write(json.dumps(body))
        else:
            whole = "" if check.whole else f" from event {check.first_seq} on"
            self.stdout.write(f"{check.events} events{whole}, head {check.head}")
            self.stdout.write(f"{check.published_heads} published heads compared")
            for problem in check.problems:
                self.stdout.write(f"  {problem}")
            self.stdout.write("audit chain: intact" if check.ok else "audit chain: BROKEN")
        return check.ok

    def _file(self, options: dict[str, Any]) -> bool:
        path, key = Path(options["file"]), _key(options["key"])
        try:
            with path.open("rb") as stream:
                report = verify_export(lines_of(stream), key)
            if options["here"] and report.ok:
                with path.open("rb") as stream:
                    _compare(report, stream)
        except FileNotFoundError:
            raise CommandError("There is no such file.", returncode=2) from None
        except ValueError as error:
            report = ExportReport(problems=[str(error)])
        if options["json"]:
            body = {"ok": report.ok, "events": report.events, "head": report.head, "problems": report.problems}
            self.stdout.write(json.dumps(body | {"proves": report.proves, "cannot_prove": report.cannot_prove}))
            return report.ok
        self.stdout.write(f"{report.events:,} events")
        for problem in report.problems:
            self.stdout.write(f"  {problem}")
        for sentence in report.proves:
            self.stdout.write(f"  proven: {sentence}")
        for sentence in report.cannot_prove:
            self.stdout.write(f"  NOT proven by this file: {sentence}")
        self.stdout.write("exported file: holds" if report.ok else "exported file: DOES NOT HOLD")
        return report.ok


def _key(path: str) -> PublicKey | None:
    try:
        return public_key_from(Path(path)) if path else public_key()
    except FileNotFoundError:
        if path:
            raise CommandError("There is no such key.", returncode=2) from None
        return None


def _compare(report: ExportReport, stream: Any) -> None:
    problems = export_problems(lines_of(stream), report.head)
    if problems:
        report.problems += problems
        report.proves = report.cannot_prove = []
        return
    report.proves.append("This hub's trail has each of these events, and no other that fits the filter.")
    report.cannot_prove = [each for each in report.cannot_prove if "left out" not in each]
