"""`manage.py fairness_report VERSION --project SLUG`: make a version's fairness report, print it."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from review.fairness.levels import TITLES, advice
from review.fairness.report import figures_of
from review.models import FairnessReport
from review.refusal import Refused
from review.services.fairness import fairness_report_make, newest_report
from training_app.models import ModelVersion


class Command(BaseCommand):
    help = "Parity, odds, calibration, representation and text bias by group, over the stored test predictions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="The number of the model version.")
        parser.add_argument("--project", required=True, help="The project's short name.")
        parser.add_argument("--by", default="", help="Who makes it (a username); without it the newest one is shown.")
        parser.add_argument(
            "--reference",
            default="{}",
            help='Shares of the people served as JSON, e.g. {"gender": {"woman": 0.51, "man": 0.48}}.',
        )
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        version = ModelVersion.objects.filter(project__slug=options["project"], version=options["version"]).first()
        if version is None:
            raise CommandError("There is no such version in this project.", returncode=2)
        report = self._made(version, options) if options["by"] else newest_report(version)
        if report is None:
            raise CommandError("No report was made yet: name who makes it with --by.")
        if options["json"]:
            self.stdout.write(json.dumps(report.document | {"sha256": report.sha256}, indent=2, ensure_ascii=False))
            return
        self._print(report)

    def _made(self, version: ModelVersion, options: dict[str, Any]) -> FairnessReport:
        actor = User.objects.filter(username=options["by"]).first()
        if actor is None or not can(actor, version.project, Capability.CAMPAIGN_MANAGE):
            raise CommandError("Nobody of this name may open reviews in this project.", returncode=2)
        try:
            reference = json.loads(options["reference"])
            return fairness_report_make(version=version, actor=actor, reference=reference)
        except (json.JSONDecodeError, AttributeError, TypeError, ValueError):
            raise CommandError("--reference: a JSON object of objects with shares is expected.", returncode=2) from None
        except Refused as refused:
            raise CommandError(str(refused)) from None

    def _print(self, report: FairnessReport) -> None:
        summary, verdicts = report.document["summary"], report.document["summary"]["verdicts"]
        for figure in figures_of(report.document):
            if not figure["verdict"]:
                continue
            value = (
                ""
                if figure.get("value") is None or "low" not in figure
                else (f" {figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})")
            )
            self.stdout.write(
                f"{figure['verdict']:16} {figure['alert']:8} {figure['attribute']}: {TITLES[figure['figure']]}{value}"
            )
            if figure["alert"] != "none":
                self.stdout.write(f"{'':26}{advice(figure['figure'], figure['verdict'], figure['alert'])}")
        self.stdout.write(
            f"{summary['looked_at']} figures were looked at: {verdicts['pass']} pass, {verdicts['alert']} alert, "
            f"{verdicts['inconclusive']} inconclusive, {verdicts['not_enough_data']} without enough data. "
            f"Highest alert: {summary['alert']}."
        )
        self.stdout.write(f"sha256 {report.sha256}")
