"""`manage.py verify_release PATH|s3://…|VERSION --project P`: verify a release by its bytes alone."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus.verify import VerifyReport, verify_release
from datasets_app.management.jobwait import project_named
from datasets_app.models import Release
from datasets_app.services import StoreReader, release_verify
from pixelhub.objects import get_store
from pixelhub.objects.base import ObjectStoreError


class Command(BaseCommand):
    """Verify a release: exit code 0 when sound, 1 with reasons that name the file."""

    help = (
        "Verify a release in a folder, at an s3:// or file:// address, or a version of a project (--project), and "
        "judge its gates. Example: manage.py verify_release s3://bucket/exports/releases/v1.0.0 --json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("place", metavar="PLACE", help="a folder, an address, or with --project a version")
        parser.add_argument("--project", help="verify this project's version against the hash recorded in the hub")
        parser.add_argument("--manifest-sha256", help="the manifest must have exactly this hash")
        parser.add_argument(
            "--near-duplicates", action="store_true", help="search near-duplicates across splits too (slower)"
        )
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify and exit."""
        try:
            report = self._verify(options)
        except (ValueError, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), indent=2, sort_keys=True))
        else:
            self.stdout.write("ok" if report.ok else "NOT ok")
            for reason in report.reasons:
                self.stdout.write(f"  {reason}")
            for gate in report.gates:
                self.stdout.write(f"  gate {gate['gate']}: {'pass' if gate['passed'] else 'fail'}")
            self.stdout.write(f"records {report.counts.get('total', 0)}, manifest SHA-256 {report.manifest_sha256}")
        if not report.ok:
            sys.exit(1)

    def _verify(self, options: dict[str, Any]) -> VerifyReport:
        if not options["project"]:
            return release_verify(
                options["place"],
                manifest_sha256=options["manifest_sha256"],
                near_duplicates=options["near_duplicates"],
            )
        project = project_named(options["project"])
        release = Release.objects.filter(
            project=project, version=options["place"], state=Release.State.PUBLISHED
        ).first()
        if release is None:
            raise CommandError(f"Project {project.slug} has no published release {options['place']}.")
        return verify_release(
            StoreReader(get_store(), release.object_prefix),
            manifest_sha256=release.manifest_sha256,
            near_duplicates=options["near_duplicates"],
        )
