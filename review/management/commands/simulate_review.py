"""`manage.py simulate_review`: a full review by simulated people, in a project of its own; exit 1 when it fails."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import Project
from pixelhub.accounts.services import project_create
from review.refusal import Refused
from review.simulation.data import release_make, version_train
from review.simulation.people import cast_make
from review.simulation.proof import problems_after
from review.simulation.steps import Log
from review.simulation.story import Reviewing, review_tell

SLUG = "simulated-review"


class Command(BaseCommand):
    help = "Play a review from training to roll-back with simulated people, in a project of its own, and prove it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--conversations", type=int, default=300, help="synthetic ones to train and test on")
        parser.add_argument("--cases", type=int, default=24, help="to be judged in each review")
        parser.add_argument("--experts", type=int, default=5, help="simulated experts (2 to 20)")
        parser.add_argument("--seed", type=int, default=7)

    def handle(self, *args: Any, **options: Any) -> None:
        if not 2 <= options["experts"] <= 20 or not 100 <= options["conversations"] <= 5000 or options["cases"] < 5:
            raise CommandError("2 to 20 experts, 100 to 5,000 conversations, at least 5 cases.", returncode=2)
        started, log = time.monotonic(), Log(self.stdout.write)
        project = _project()
        self.stdout.write(f"Everything here is simulated: project {project.slug}, nobody reads or decides anything.")
        try:
            cast = cast_make(project)
            with log.step("Conversations are generated, labelled and released", cast.engineer, release__publish=1):
                release = release_make(project, cast, conversations=options["conversations"], seed=options["seed"])
            reviewing = Reviewing(
                project, release, cast, log, version_train, cases=options["cases"], seed=options["seed"]
            )
            running = review_tell(reviewing, experts=options["experts"])
        except Refused as refused:
            raise CommandError(f"The simulation stopped: {refused}") from None
        problems = problems_after(log, project, in_production="1.0.0")
        for problem in problems:
            self.stderr.write(f"DOES NOT HOLD: {problem}")
        if problems:
            raise CommandError(f"{len(problems)} of what should hold does not.")
        self.stdout.write(
            f"{len(log.steps)} steps, each in the audit chain, which is whole; every signature holds offline. "
            f"Version {running.model_version.version} answers. {time.monotonic() - started:.0f} s."
        )


def _project() -> Project:
    """A new project, so that no demo and no earlier simulation is touched."""
    number = Project.objects.filter(slug__startswith=SLUG).count() + 1
    slug = SLUG if number == 1 else f"{SLUG}-{number}"
    return project_create(slug=slug, name=f"Simulated review {number}", is_demo=True)
