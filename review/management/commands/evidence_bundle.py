"""`manage.py evidence_bundle VERSION --project SLUG --out V.zip`: what stands behind a version, for outsiders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from pixelhub.accounts.models import Project
from pixelhub.keys import public_key
from review.chain.bundle import fingerprint
from review.refusal import Refused
from review.services import evidence_export
from training_app.models import ModelVersion


class Command(BaseCommand):
    help = "Write the evidence of a model version as a ZIP file that is verified without the hub."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="its number: 1.0.0")
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--out", required=True, type=Path, help="the file to write")
        parser.add_argument("--with-weights", action="store_true", help="enclose the model's files, not only hashes")

    def handle(self, *args: Any, **options: Any) -> None:
        project = Project.objects.filter(slug=options["project"]).first()
        version = ModelVersion.objects.filter(project=project, version=options["version"]).first()
        if project is None or version is None:
            raise CommandError("There is no such version in this project.", returncode=2)
        try:
            data = evidence_export(version=version, actor=None, with_weights=options["with_weights"])
        except Refused as error:
            raise CommandError(str(error)) from None
        options["out"].write_bytes(data)
        self.stdout.write(f"{len(data):,} bytes written to {options['out']}")
        self.stdout.write(f"Fingerprint of the hub's key, to be told by hand: {fingerprint(public_key())}")
        self.stdout.write(f"Check it: python verify_evidence.py {options['out'].name} --fingerprint …")
