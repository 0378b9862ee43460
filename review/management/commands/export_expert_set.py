"""`manage.py export_expert_set NAME --project SLUG --output FOLDER`: a set as JSON lines with its manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.management.jobwait import project_named
from review.models import ExpertSet
from review.refusal import Refused
from review.services import expert_set_export
from training_app.management.commands._lookup import find_person


class Command(BaseCommand):
    help = (
        "Write an expert set into a folder: the examples with their ratings as JSON lines, and a manifest with "
        "SHA-256, counts and agreement. evaluate_model --data reads the file. Raters stand in it by pseudonym."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the set is called")
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--number", type=int, help="its version; the newest without it")
        parser.add_argument("--output", required=True, type=Path, help="folder to write into; it is made")
        parser.add_argument("--by", help="username of who takes it out, for the audit and their permission")
        parser.add_argument("--json", action="store_true", help="print what was written as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        project = project_named(options["project"])
        rows = ExpertSet.objects.filter(project=project, name=options["name"]).select_related("project")
        if options["number"]:
            rows = rows.filter(version=options["number"])
        found = rows.order_by("-version").first()
        if found is None:
            raise CommandError("There is no such expert set in this project.", returncode=2)
        try:
            files = expert_set_export(expert_set=found, actor=find_person(options["by"]))
        except PermissionDenied:
            raise CommandError("This person may not take conversations out.", returncode=2) from None
        except Refused as refused:
            raise CommandError(str(refused)) from None
        folder: Path = options["output"]
        folder.mkdir(parents=True, exist_ok=True)
        # The manifest comes last: a folder with one holds the whole set.
        for name, data in ((files.name, files.lines), (files.manifest_name, files.manifest_bytes)):
            partial = folder / f"{name}.partial"
            partial.write_bytes(data)
            partial.replace(folder / name)
        facts: dict[str, Any] = {
            "file": files.name,
            "manifest": files.manifest_name,
            "sha256": files.manifest.file.sha256,
        }
        facts |= {"examples": files.manifest.file.lines, "frozen": files.manifest.frozen}
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        state = "frozen" if files.manifest.frozen else "still open"
        self.stdout.write(f"{files.name}: {files.manifest.file.lines} examples, {state}, sha256 {facts['sha256']}")
