"""`manage.py demo_prepare`: the demo's people now, everything else by a job."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pixelhub.jobs.services import job_enqueue
from review.demo.job import DemoPrepare
from review.demo.people import demo_people_ensure


class Command(BaseCommand):
    help = "Make the demo workspace: people at once; conversations, a round, a release and a training run by a job."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--people-only", action="store_true", help="make the project and its people, queue nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        project = demo_people_ensure()
        if options["people_only"]:
            return
        job = job_enqueue(
            kind=DemoPrepare.kind, params={}, project=project, owner=None, idempotency_key=f"demo:{project.pk}"
        )
        self.stdout.write(f"Demo workspace: {job.get_state_display().lower()} (job {job.pk})")
