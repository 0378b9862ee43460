"""`manage.py enrich_release FOLDER|VERSION --out OUT`: emotion, bias and quality of every conversation of a release."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.corpus.cli.enrich import as_text, result_of, tell, write_lines
from datasets_app.corpus.engine.executors import ExecutorError, make_executor
from datasets_app.corpus.enrichment.bulk import BY_RULES, DOCUMENT, SCORES, Enriched, OutBusy, enrich
from datasets_app.corpus.enrichment.heads import HeadsRefused
from datasets_app.management.jobwait import project_named
from datasets_app.models import Release
from pixelhub.objects import get_store
from training_app.learn.sentences import BY_HEADS, opened


class Command(BaseCommand):
    """Enrich: exit code 0 when every conversation has its scores, 1 with the reason when not."""

    help = (
        f"Score emotion, bias and quality of a release into OUT/{SCORES} and OUT/{DOCUMENT}: by rules, or with the "
        "heads of a folder. A run that was stopped goes on. "
        "Example: manage.py enrich_release 1.0.0 --project demo --heads heads/ --out scores/1.0.0 --workers 2"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("place", metavar="PLACE", help="a folder, or with --project a published version")
        parser.add_argument("--project", help="the project's slug")
        parser.add_argument("--heads", type=Path, help="folder made by python -m training_app.learn enrichment-heads")
        parser.add_argument("--out", type=Path, required=True, help="folder for the scores")
        parser.add_argument("--workers", type=int, default=1, help="processes, each on one core (default %(default)s)")
        parser.add_argument("--lines", type=Path, help="also write the lines with metadata.scores, for stages")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Score and say how it went."""
        if options["workers"] < 1:
            raise CommandError("--workers must be positive")
        with _folder(options["place"], options["project"]) as folder:
            done = _enriched(folder, options)
            write_lines(folder, options["out"], options["lines"])
        self.stdout.write(json.dumps(result_of(done), sort_keys=True) if options["json"] else as_text(done))


def _enriched(folder: Path, options: dict[str, Any]) -> Enriched:
    heads: Path | None = options["heads"]
    executor = make_executor("inline" if options["workers"] == 1 else "pool", workers=options["workers"])
    try:
        return enrich(
            folder,
            options["out"],
            executor=executor,
            worker=BY_HEADS if heads else BY_RULES,
            heads_folder=heads,
            heads_sha256=opened(heads)[1].sha256 if heads else "",
            progress=tell,
        )
    except OutBusy as busy:
        raise CommandError(str(busy)) from None
    except HeadsRefused as refused:
        raise CommandError(f"cannot use these heads: {refused}") from None
    except (ExecutorError, OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"no readable release: {type(error).__name__}; verify it first") from None
    finally:
        executor.close()


@contextmanager
def _folder(place: str, project: str | None) -> Iterator[Path]:
    """Give the release's files. Raises CommandError where there is none."""
    if not project:
        if not Path(place).is_dir():
            raise CommandError(f"{place} is not a folder; with --project a version is meant")
        yield Path(place)
        return
    owner = project_named(project)
    release = Release.objects.filter(project=owner, version=place, state=Release.State.PUBLISHED).first()
    if release is None:
        raise CommandError(f"Project {owner.slug} has no published release {place}.")
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        get_store().download_tree(release.object_prefix, Path(scratch))
        yield Path(scratch)
