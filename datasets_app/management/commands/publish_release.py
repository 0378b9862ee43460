"""`manage.py publish_release VERSION|PATH --project P`: export a release, taking it into the hub first if need be."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.management.jobwait import finish, project_named
from datasets_app.models import Release
from datasets_app.services import ReleaseRefused, release_export_start, release_register
from pixelhub.accounts.models import Project


class Command(BaseCommand):
    """Publish: exit code 0 when the release landed and verified, 1 with the reason when it did not."""

    help = (
        "Copy a release to exports/releases/v…/ of the object store, manifest last, and verify what landed. A folder "
        "or an address is verified in full and registered first. "
        "Example: manage.py publish_release 1.0.0 --project demo"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("place", metavar="PLACE", help="a version of the project, a folder, or an s3:// address")
        parser.add_argument("--project", required=True, help="the project's slug")
        parser.add_argument("--no-export", action="store_true", help="of a foreign release: only register it")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Publish and say where it lies."""
        project = project_named(options["project"])
        try:
            release, registered = _release(project, options["place"])
            if not release.export_prefix and not (registered and options["no_export"]):
                finish(release_export_start(release=release, actor=None))
        except ReleaseRefused as refused:
            raise CommandError(str(refused)) from None
        release = Release.objects.get(pk=release.pk)
        result = {
            "version": release.version,
            "kind": release.kind,
            "registered": registered,
            "manifest_sha256": release.manifest_sha256,
            "export_prefix": release.export_prefix,
            "records": release.counts["total"],
        }
        if options["json"]:
            self.stdout.write(json.dumps(result, indent=2, sort_keys=True))
            return
        if registered:
            self.stdout.write(f"Release {release.version} was verified in full and registered")
        if release.export_prefix:
            self.stdout.write(f"Release {release.version} lies under {release.export_prefix}, verified there")
        self.stdout.write(f"  manifest SHA-256 {release.manifest_sha256}")


def _release(project: Project, place: str) -> tuple[Release, bool]:
    """Return the release and whether it was registered just now."""
    if "://" in place or Path(place).is_dir():
        return release_register(project=project, place=place, actor=None), True
    release = Release.objects.filter(project=project, version=place, state=Release.State.PUBLISHED).first()
    if release is None:
        raise CommandError(f"Project {project.slug} has no published release {place}, and there is no such folder.")
    return release, False
