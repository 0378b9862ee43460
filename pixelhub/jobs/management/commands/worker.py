"""`manage.py worker`: run jobs until told to stop."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from pixelhub.jobs.supervisor import Supervisor


class Command(BaseCommand):
    help = "Run jobs: a cluster per queue, the sweep and canaries. Stops within seconds on SIGTERM or Ctrl-C."
    requires_system_checks = ["jobs"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--queue", action="append", choices=sorted(settings.JOBS_QUEUES), help="Only this queue; may be repeated."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        queues = options["queue"] or list(settings.JOBS_QUEUES)
        self.stdout.write(f"worker: queues {', '.join(queues)}")
        Supervisor(list(dict.fromkeys(queues))).run()
        self.stdout.write("worker: stopped")
