"""`manage.py compile_release VERSION --project P [--seed N]`: compile a release from all published snapshots."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import Release
from datasets_app.services import ReleaseRefused, release_create


class Command(BaseCommand):
    """Compile, upload and verify a release; exit code 1 when it is refused or a required gate fails."""

    help = "Compile a release from the published label snapshots of a project."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("release_version", metavar="VERSION", help="1.0.0 or v2026-01-31")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--seed", type=int, default=0, help="the same labels and seed give the same bytes")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile and print where the release lies and what its hash is."""
        project = project_named(options["project"])
        try:
            release = release_create(
                project=project, version=options["release_version"], seed=options["seed"], actor=None
            )
        except ReleaseRefused as refused:
            raise CommandError(str(refused)) from None
        assert release.job is not None
        finish(release.job)
        release = Release.objects.get(pk=release.pk)
        result = {
            "version": release.version,
            "manifest_sha256": release.manifest_sha256,
            "object_prefix": release.object_prefix,
            "counts": release.counts,
            "gates": {gate["gate"]: gate["passed"] for gate in release.gates},
        }
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=2, sort_keys=True))
            return
        splits = ", ".join(f"{name} {split['total']}" for name, split in release.counts["splits"].items())
        self.stdout.write(f"Release {release.version}: {release.counts['total']} records ({splits})")
        self.stdout.write(f"  manifest SHA-256 {release.manifest_sha256}")
        self.stdout.write(f"  objects under {release.object_prefix}")
        for gate in release.gates:
            self.stdout.write(f"  gate {gate['gate']}: {'pass' if gate['passed'] else 'fail'}")
