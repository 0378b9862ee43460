"""Promote a version, or go back to one, from the command line: the same rules as on the page."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import User
from review import services
from review.refusal import Refused
from training_app.models import ModelVersion


class Command(BaseCommand):
    help = "Put an approved version into production, or go back to an earlier one (docs/signoff.md)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("project", help="slug of the project")
        parser.add_argument("version", help="number of the version")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who promotes")

    def handle(self, *args: Any, **options: Any) -> None:
        """Promote, or say everything that stands against it."""
        version = ModelVersion.objects.filter(project__slug=options["project"], version=options["version"]).first()
        actor = User.objects.filter(username=options["by"], is_active=True).first()
        if version is None or actor is None:
            raise CommandError("There is no such version, or no such person.")
        try:
            services.version_promote(version=version, actor=actor)
        except Refused as refused:
            raise CommandError("\n".join(block.says for block in refused.blocks)) from None
        except PermissionDenied as denied:
            raise CommandError(str(denied)) from None
        self.stdout.write(f"Version {version.version} is in production.")
