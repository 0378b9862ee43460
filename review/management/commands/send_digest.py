"""`manage.py send_digest [--project SLUG] [--dry-run]`: today's digests, sent now or only shown."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from pixelhub.accounts.models import Project
from review.digest import digest_of
from review.models import DigestSubscription
from review.services.digests import digests_send


class Command(BaseCommand):
    help = "Send today's digest to those who asked for it and have not got it yet, without waiting for the hour."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", default="", help="Only this project, by its short name.")
        parser.add_argument("--dry-run", action="store_true", help="Show each; send and store nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        project = None
        if options["project"]:
            project = Project.objects.filter(slug=options["project"]).first()
            if project is None:
                raise CommandError("There is no such project.", returncode=2)
        if options["dry_run"]:
            self._show(project)
            return
        found = digests_send(now=timezone.now(), project=project, ahead=True)
        self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in found.items()))
        if found["failed"]:
            raise CommandError("Some were not taken by the mail server; a worker tries them again.")

    def _show(self, project: Project | None) -> None:
        rows = DigestSubscription.objects.select_related("project", "person")
        rows = rows.filter(project=project) if project else rows
        if not rows:
            self.stdout.write("Nobody has asked for the digest.")
        for row in rows:
            digest = digest_of(row.project, row.person, now=timezone.now(), told=row)
            self.stdout.write(f"To: {row.email}\nSubject: {digest.subject}\n\n{digest.body}\n")
