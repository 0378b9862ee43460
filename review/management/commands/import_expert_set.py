"""`manage.py import_expert_set FILE --project SLUG`: bring an expert set in, bad rows named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.corpus.expertset.files import MANIFEST_ENDING, RefusedRow, quarantine_lines
from datasets_app.management.jobwait import project_named
from review.refusal import Refused
from review.services import expert_set_import
from training_app.management.commands._lookup import find_person


class Command(BaseCommand):
    help = (
        "Bring an expert set in that this or another hub exported. A manifest beside the file is checked against it: a "
        "frozen set stays frozen. Rows that can't be taken are printed with line and reason, and kept in a quarantine "
        "file beside; exit code 1 then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="JSON lines as export_expert_set writes them, packed or not")
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--manifest", type=Path, help="default: the one beside the file, where there is one")
        parser.add_argument("--no-manifest", action="store_true", help="take the rows, whatever a manifest says")
        parser.add_argument("--name", default="", help="what the set is called; the manifest's name without it")
        parser.add_argument("--raters", type=int, default=2, help="experts for each example, without a manifest (2)")
        parser.add_argument("--by", help="username of who brings it in, for the audit and their permission")
        parser.add_argument("--quarantine", type=Path, help="default: FILE.quarantine.jsonl")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        beside = path.with_name(path.name.removesuffix(".jsonl") + MANIFEST_ENDING)
        manifest = options["manifest"] or (beside if beside.is_file() else None)
        try:
            done = expert_set_import(
                project=project_named(options["project"]),
                actor=find_person(options["by"]),
                path=path,
                manifest_path=None if options["no_manifest"] else manifest,
                name=options["name"],
                raters=options["raters"],
            )
        except PermissionDenied:
            raise CommandError("This person may not bring expert sets in.", returncode=2) from None
        except Refused as refused:
            raise CommandError(str(refused)) from None
        made = done.expert_set
        facts = {"id": made.pk, "name": made.name, "version": made.version, "state": made.state, "taken": done.taken}
        rows = [{"line": row.line, "reason": row.reason, "detail": row.detail} for row in done.refused]
        if options["json"]:
            self.stdout.write(json.dumps(facts | {"refused": rows}))
        else:
            self.stdout.write(f"{made.name}, version {made.version} ({made.state}): {done.taken} examples taken")
            for row in done.refused:
                self.stdout.write(f"  line {row.line} refused: {row.reason}: {row.detail}")
        if done.refused:
            kept = self._quarantine(path, options["quarantine"], done.refused)
            raise CommandError(f"{len(done.refused)} rows were refused; they are kept in {kept.name}")

    def _quarantine(self, path: Path, wanted: Path | None, refused: tuple[RefusedRow, ...]) -> Path:
        target = wanted or path.with_name(f"{path.name}.quarantine.jsonl")
        with target.open("wb") as sink:
            sink.writelines(quarantine_lines(refused))
        return target
