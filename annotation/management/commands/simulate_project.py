"""`manage.py simulate_project --seed 1`: a three-round project by a program, with its figures."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotation.errors import AnnotationError
from annotation.services.simulation_project import project_simulate

WAYS = {"majority": "most votes", "dawid_skene": "Dawid-Skene", "mace": "MACE"}


class Command(BaseCommand):
    """Run a simulated project. Exit code 1 where the project is there already."""

    help = (
        "Make a project of generated conversations, labelled in three rounds by eight simulated raters with a "
        "retraining after the first, and print agreement and aggregation against the known truth. "
        "Example: manage.py simulate_project --seed 1 --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--project", default="", help="slug of the project to make (default simulated-SEED)")
        parser.add_argument("--samples", type=int, default=4500, help="default %(default)s")
        parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same figures")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Simulate and print."""
        slug = options["project"] or f"simulated-{options['seed']}"
        try:
            report = project_simulate(slug=slug, samples=options["samples"], seed=options["seed"])
        except AnnotationError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report, indent=1) if options["json"] else as_text(report))


def as_text(report: dict[str, Any]) -> str:
    """The figures for a reader."""
    lines = [
        f"Simulated project {report['project']}: {report['samples']} generated conversations, "
        f"{report['labels_per_sample']} labels each, seed {report['seed']}. No person labelled anything.",
    ]
    for figures in report["rounds"]:
        low, high = figures["interval"]["low"], figures["interval"]["high"]
        lines += [
            "",
            f"{figures['name']}: {figures['kappa_of']}'s kappa {figures['kappa']:.3f} "
            f"(95% {low:.3f} to {high:.3f}), gate: {figures['verdict']}",
            *(f"  {rater['name']:22} {rater['accuracy']:.3f} of {rater['labels']}" for rater in figures["raters"]),
            "  " + ", ".join(f"{WAYS[name]} {figures['accuracy'][name]:.3f}" for name in WAYS),
        ]
        if figures is report["rounds"][0]:
            lines.append(f"  trained again: {', '.join(report['trained_again']) or 'nobody'}")
    lines += ["", "Against the known truth, all rounds:"]
    for name, values in report["aggregation"].items():
        lines.append(f"  {WAYS[name]:12} {values['accuracy']:.4f}" + _more(values))
    return "\n".join(lines)


def _more(values: dict[str, Any]) -> str:
    if "interval" not in values:
        return ""
    low, high = values["interval"]["low"], values["interval"]["high"]
    return f"  {values['more_than_majority']:+.4f} over most votes (95% {low:+.4f} to {high:+.4f})"
