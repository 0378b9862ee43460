"""Go back to the version that was in production before, from the command line."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import Project, User
from review import services
from review.refusal import Refused


class Command(BaseCommand):
    help = "Go back to the version that was in production before this one, if its sign-off still holds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who goes back")

    def handle(self, *args: Any, **options: Any) -> None:
        """Go back, or say everything that stands against it."""
        project = Project.objects.filter(slug=options["project"]).first()
        actor = User.objects.filter(username=options["by"], is_active=True).first()
        if project is None or actor is None:
            raise CommandError("There is no such project, or no such person.")
        try:
            deployment = services.roll_back(project=project, actor=actor)
        except Refused as refused:
            raise CommandError("\n".join(block.says for block in refused.blocks)) from None
        except PermissionDenied as denied:
            raise CommandError(str(denied)) from None
        self.stdout.write(f"Version {deployment.model_version.version} is in production.")
