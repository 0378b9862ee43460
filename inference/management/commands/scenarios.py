"""Ask the rules and a model what they answer to the scenarios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.engine import scenario_report
from inference.engine.bundle import INDEX, folder_reader, load_bundle
from inference.engine.errors import BundleRefused
from inference.engine.session import ModelSession
from inference.serving.registry import registry
from pixelhub.accounts.models import Project
from pixelhub.canonical import sha256_hex


class Command(BaseCommand):
    """`manage.py scenarios`."""

    help = (
        "What the rules alone answer to the scenarios, and what a model does with the rules beside it. "
        "Exit code 1 when a crisis is not called one. Example: manage.py scenarios --project demo --json"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Options."""
        model = parser.add_mutually_exclusive_group()
        model.add_argument("--project", help="slug: ask the version that is in production there")
        model.add_argument("--bundle", type=Path, help="folder of a model bundle: measured here, served to nobody")
        parser.add_argument("--name", default="", help="what the document calls the model")
        parser.add_argument("--doc", type=Path, help="write the whole table as Markdown to this file")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, print, and write the document."""
        session = self._session(options)
        name = options["name"] or (f"bundle {session.bundle.sha256[:12]}" if session else "")
        found = scenario_report.outcomes(session)
        if options["doc"]:
            options["doc"].write_text(scenario_report.as_markdown(found, name if session else ""), encoding="utf-8")
        if options["json"]:
            self.stdout.write(json.dumps(scenario_report.as_dict(found, name)))
        else:
            self._table(found, with_model=session is not None)
        if scenario_report.missed(found):
            raise SystemExit(1)

    def _session(self, options: dict[str, Any]) -> ModelSession | None:
        if options["bundle"]:
            return _session_of_folder(options["bundle"])
        if options["project"]:
            return _session_in_production(options["project"])
        return None

    def _table(self, found: list[scenario_report.Outcome], *, with_model: bool) -> None:
        for outcome in found:
            got, wrong = (outcome.model, outcome.model_wrong) if with_model else (outcome.rules, outcome.rules_wrong)
            assert got is not None  # a model was asked for every scenario or for none
            says = f"{got.verdict} {got.crisis_type} {got.severity or '-'} {got.band}"
            self.stdout.write(f"{', '.join(wrong) or 'right':12} {outcome.scenario.id:28} {says}")
        for group in scenario_report.GROUPS:
            count = scenario_report.tally(found, group, model=with_model)
            self.stdout.write(
                f"{group}: {count.called} of {count.crises} crises called, {count.alarms} of {count.controls} controls"
            )


def _session_of_folder(folder: Path) -> ModelSession:
    """The bundle of a folder as it lies there: every file proven against its index, no sign-off asked."""
    if not (folder / INDEX).is_file():
        raise CommandError(f"{folder} holds no {INDEX}")
    try:
        read, names = folder_reader(folder)
        bundle = load_bundle(read, expected_sha256=sha256_hex((folder / INDEX).read_bytes()), names=names)
        return ModelSession(bundle)
    except BundleRefused as problem:
        raise CommandError(str(problem)) from problem


def _session_in_production(slug: str) -> ModelSession:
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"there is no project {slug}")
    registry.refresh()
    served = registry.served(project.pk)
    if served is None or served.session is None:
        raise CommandError(f"no version is served in {slug}: {served.reason if served else 'nothing is in production'}")
    return served.session
