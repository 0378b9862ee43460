"""Show the evaluation of a model version: figures, intervals, verdicts."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training_app.learn.card import METRIC_NAMES, VERDICT_NAMES, in_order
from training_app.learn.verdicts import FAIL
from training_app.management.commands._lookup import LATEST, find_project, find_version
from training_app.models import Evaluation
from training_app.selectors import evaluation_of


class Command(BaseCommand):
    help = (
        "Print the evaluation of a version on its test split. It was made once, when the version was registered, and "
        "is never made again: a test split that is opened often stops being one. Exit code 1 when a target is failed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug of the project")
        parser.add_argument("--model", default=LATEST, help='version number or "latest" (the default)')
        parser.add_argument("--json", action="store_true", help="print the whole evaluation as JSON")

    def handle(self, **options: Any) -> None:
        version = find_version(find_project(options["project"]), options["model"])
        evaluation = evaluation_of(version)
        if evaluation is None:
            raise CommandError(f"version {version.version} was not evaluated yet")
        if options["json"]:
            self.stdout.write(
                json.dumps({"version": version.version, "sha256": evaluation.sha256} | evaluation.metrics)
            )
        else:
            self._table(version.version, evaluation)
        failed = [name for name, metric in evaluation.metrics["metrics"].items() if metric["verdict"] == FAIL]
        if failed:
            raise CommandError(f"fails its target: {', '.join(failed)}")

    def _table(self, number: str, evaluation: Evaluation) -> None:
        found = evaluation.metrics
        self.stdout.write(f"version {number}: {found['n']} test conversations, {found['positives']} with a crisis")
        for name, metric in in_order(found["metrics"]):
            verdict = VERDICT_NAMES[metric["verdict"]] if metric["verdict"] else ""
            shown = f"{metric['value']:.4f}  [{metric['low']:.4f}, {metric['high']:.4f}]  n {metric['n']:<6} {verdict}"
            self.stdout.write(f"  {METRIC_NAMES[name]:<44} {shown}".rstrip())
        self.stdout.write(f"  missed crises: {len(found['missed'])}")
