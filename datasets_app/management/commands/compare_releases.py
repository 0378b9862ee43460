"""`manage.py compare_releases OLD NEW --project P`: two versions, folders or addresses beside each other."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus.cli.compare import add_arguments, as_text, contaminated
from datasets_app.corpus.compare import NotARelease, compare_releases
from datasets_app.corpus.verify import FolderReader, ReleaseReader
from datasets_app.management.jobwait import project_named
from datasets_app.models import Release
from datasets_app.services import StoreReader
from pixelhub.objects import get_store, open_store
from pixelhub.objects.base import ObjectStoreError


class Command(BaseCommand):
    """Compare: exit code 0 when the new test split is unseen, 1 when the old release trained on some of it."""

    help = (
        "Compare two releases: added, removed, moved, relabelled, and contamination of the test split. "
        "Example: manage.py compare_releases 1.0.0 1.1.0 --project demo"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("old", help="a folder, an s3:// or file:// address, or with --project a version")
        parser.add_argument("new", help="likewise")
        parser.add_argument("--project", help="look for versions in this project")
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, print and exit."""
        try:
            found = compare_releases(
                _reader(options["old"], options["project"]),
                _reader(options["new"], options["project"]),
                near_duplicates=not options["no_near_duplicates"],
            )
        except (NotARelease, ValueError, ObjectStoreError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(json.dumps(found, indent=2, sort_keys=True) if options["json"] else as_text(found))
        if contaminated(found):
            sys.exit(1)


def _reader(place: str, project: str | None) -> ReleaseReader:
    if "://" in place:
        return StoreReader(open_store(place))
    if Path(place).is_dir():
        return FolderReader(Path(place))
    if not project:
        raise CommandError(f"{place} is neither a folder nor an address; for a version of the hub give --project.")
    release = Release.objects.filter(
        project=project_named(project), version=place, state=Release.State.PUBLISHED
    ).first()
    if release is None:
        raise CommandError(f"Project {project} has no published release {place}.")
    return StoreReader(get_store(), release.object_prefix)
