"""`manage.py hub`: everything of a hub on one machine, with embedded defaults."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from pixelhub.keys import signing_key
from pixelhub.ops.processes import Process, keep_running


class Command(BaseCommand):
    # The worker runs them all when it starts, without keeping the first page waiting for every view's imports.
    requires_system_checks = ()
    help = "Migrate, then run web, scoring and workers together on this machine until Ctrl+C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default 8000)")
        parser.add_argument("--demo", action="store_true", help="prepare the demo workspace (loopback only)")
        parser.add_argument("--no-worker", action="store_true", help="do not run the job workers here")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port, demo = options["host"], options["port"], options["demo"] or settings.DEMO
        if demo and host not in ("127.0.0.1", "localhost", "::1"):
            raise CommandError("A demo has published passwords: it listens on loopback only.")
        _refuse_busy_port(host, port)
        environment = dict(os.environ)
        if demo:
            environment["PIXELHUB_DEMO"] = "1"
            settings.DEMO = True
        python = [sys.executable]
        web = Process(
            "web", [*python, "-m", "pixelhub.ops.web", "--host", host, "--port", str(port)], environment, holds=True
        )
        web.start()  # it imports the application while the database is migrated here
        with _quick_first_migration():
            call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
        # Made now, so that the scoring process finds its public key when it starts.
        signing_key()
        if demo:
            call_command("demo_prepare", skip_checks=True)
        processes = [web]
        if not options["no_worker"]:
            processes.append(Process("worker", [*python, "manage.py", "worker"], environment))
        self.stdout.write(f"Pixel Hub: http://{host}:{port}  (Ctrl+C stops it)")
        self.stdout.flush()
        sys.exit(keep_running(processes, say=lambda text: self.stderr.write(text)))


@contextmanager
def _quick_first_migration() -> Iterator[None]:
    """Leave out SQLite's fsyncs while a brand-new database is made: seconds, for a file that holds nothing yet."""
    is_new = connection.vendor == "sqlite" and not connection.introspection.table_names()
    if is_new:
        _set_synchronous("OFF")
    try:
        yield
    finally:
        if is_new:
            _set_synchronous("FULL")


def _set_synchronous(mode: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={mode}")


def _refuse_busy_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Port {port} is in use; choose another: make run PORT=8001.") from error
