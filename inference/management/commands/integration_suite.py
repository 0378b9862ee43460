"""`manage.py integration_suite`: run the suite against this hub, and keep what it found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from inference.services.integration import ReportRefused, integration_run_record
from pixelhub.accounts.keys import api_key_create, api_key_revoke
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with

CLIENT = settings.BASE_DIR / "clients" / "python" / "src"
_SCOPES = ("score", "batch", "conversations", "model")


class Command(BaseCommand):
    help = "Run the integration suite against this hub with a key of its own, and record the result for the board."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="slug; its version in production is tested")
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="where this hub answers")
        parser.add_argument("--clients", type=int, default=100)
        parser.add_argument("--requests", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        if project is None:
            raise CommandError(f"There is no project {options['project']}.")
        keeper = members_with(project, Capability.APIKEY_MANAGE).order_by("pk").first()
        if keeper is None:
            raise CommandError("Nobody in this project may manage API keys, so the suite gets none.")
        key, token = api_key_create(
            project=project,
            name="integration suite",
            scopes=_SCOPES,
            actor=keeper,
            expires_at=timezone.now() + timedelta(hours=1),
            rate_per_minute=100_000,
        )
        try:
            report = self._run(options, token)
            run = integration_run_record(project=project, report=report, actor=keeper)
        except ReportRefused as refused:
            raise CommandError(str(refused)) from None
        finally:
            api_key_revoke(key=key, actor=keeper)
        self.stdout.write(f"{run.passed} of {run.total} passed; recorded as run {run.pk}, sha256 {run.sha256[:12]}")

    def _run(self, options: dict[str, Any], token: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "report.json"
            command = [sys.executable, "-m", "pixelhub_client.integration", options["url"], "--json", str(target)]
            command += ["--clients", str(options["clients"]), "--requests", str(options["requests"])]
            # The key goes through the environment: arguments of a process are everybody's to read.
            environment = {**os.environ, "PYTHONPATH": str(CLIENT), "PIXELHUB_KEY": token}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            self.stdout.write(done.stdout)
            if not target.exists():
                raise CommandError(f"the suite did not end as it should:\n{done.stderr[-2000:]}")
            report: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
            return report
