"""`manage.py run_job ID FENCE`: the child process of a heavy job. Started by the delivery that claimed it."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser
from threading import Event
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from pixelhub.jobs.lease import held
from pixelhub.jobs.runner import Outcome, execute

EXIT_STOPPED = 75


class Command(BaseCommand):
    help = "Run a claimed job here (started by the delivery, not by hand)."
    # The worker has checked; a child must start quickly and not fail for what is no concern of its job.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int)
        parser.add_argument("fence", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        # On one machine people and scores go first; the heartbeat is the delivery's, which keeps its own priority.
        os.nice(settings.JOBS_NICE)
        stop = Event()
        signal.signal(signal.SIGTERM, lambda signum, frame: stop.set())
        job = held(options["job"], options["fence"]).first()
        if job is not None and execute(job, stop=stop) is Outcome.STOPPED:
            sys.exit(EXIT_STOPPED)
