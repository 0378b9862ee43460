"""`manage.py find_duplicates FILE... | --project P`: report duplicates, or act on them with --confirm."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus.cli import duplicates as files
from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import DuplicatePair, DuplicateSearch
from datasets_app.services.duplicate_acts import duplicates_confirm
from datasets_app.services.duplicates import duplicates_search
from datasets_app.services.errors import DuplicatesRefused

_OF_FILES = ("output", "pairs", "workdir")


class Command(BaseCommand):
    """Exit code 0 when nothing was found or it was acted upon, 1 when duplicates were found, 2 for wrong use."""

    help = "Find exact copies, near-duplicates and records under one record hash, in files or in a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = (
            f"examples:\n  manage.py find_{files.EXAMPLE}\n  manage.py find_duplicates --project demo --confirm --json"
        )
        parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="conversation files or folders of them")
        parser.add_argument("--project", help="search this project's active records instead of files")
        files.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Search and print the report."""
        if bool(options["files"]) == bool(options["project"]):
            raise CommandError("Name either files or --project.", returncode=2)
        code = self._project(options) if options["project"] else files.run(Namespace(**options))
        if code:
            sys.exit(code)

    def _project(self, options: dict[str, Any]) -> int:
        named = [f"--{name}" for name in _OF_FILES if options[name] is not None]
        if named:
            raise CommandError(f"{', '.join(named)}: only for files.", returncode=2)
        project = project_named(options["project"])
        try:
            search = duplicates_search(project=project, actor=None, threshold=options["threshold"])
            assert search.job is not None
            finish(search.job)
            if options["confirm"]:
                acted = duplicates_confirm(search=search, actor=None, record_hash=options["record_hash"])
                assert acted.job is not None
                finish(acted.job)
        except DuplicatesRefused as refused:
            raise CommandError(str(refused)) from None
        report = _report(DuplicateSearch.objects.get(pk=search.pk), confirmed=options["confirm"])
        self.stdout.write(json.dumps(report, indent=2, sort_keys=True) if options["json"] else _as_text(report))
        return int(not options["confirm"] and report["near"] + report["record_hash"] > 0)


def _report(search: DuplicateSearch, *, confirmed: bool) -> dict[str, Any]:
    withdrawn = search.pairs.filter(decision=DuplicatePair.Decision.WITHDRAW).count()
    return {"search": search.pk, "dry_run": not confirmed, "withdrawn": withdrawn, **search.counts}


def _as_text(report: dict[str, Any]) -> str:
    lines = [
        f"Search {report['search']}: {report['records']:,} records",
        f"  near-duplicates   {report['near']:>9,}  ({report['share']:.3%}, {report['clusters']:,} clusters)",
        f"  same record hash  {report['record_hash']:>9,}  (other content)",
        f"  edge cases alike  {report['protected']:>9,}  (never withdrawn)",
    ]
    if "previous" in report:
        lines.append(f"  since search {report['previous']}: {report['new']:,} new, {report['gone']:,} gone")
    lines.append(
        "Nothing was withdrawn (dry run); --confirm withdraws the copies."
        if report["dry_run"]
        else f"{report['withdrawn']:,} copies withdrawn; the page of the search restores them."
    )
    return "\n".join(lines)
