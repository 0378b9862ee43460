"""`manage.py augment_dataset FILE... --output OUT.jsonl`: paraphrases and edge-case variations of labelled files."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets_app.corpus.augmentation.check import Classifier
from datasets_app.corpus.cli import augment
from datasets_app.label_readers import LabelReaderBroken, label_reader_of
from datasets_app.management.jobwait import project_named


class Command(BaseCommand):
    """Exit code 0 when all that was asked for was made, 1 when less, 2 for wrong use."""

    help = "Make more conversations of labelled ones: paraphrases, edge-case variations, and three strategies more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"example:\n  manage.py augment_dataset {augment.EXAMPLE}"
        augment.add_file_arguments(parser)
        augment.add_arguments(parser)
        parser.add_argument("--reader", metavar="PROJECT", help="let this project's own model read every child")

    def handle(self, *args: Any, **options: Any) -> None:
        """Augment and print the report."""
        code = augment.run(Namespace(**options), classifier=_reader(options["reader"]))
        if code:
            sys.exit(code)


def _reader(slug: str | None) -> Classifier | None:
    """The model of a project, None where none is asked for. Raises CommandError where there is none to open."""
    if not slug:
        return None
    project = project_named(slug)
    try:
        reader = label_reader_of(project)
    except LabelReaderBroken as broken:
        raise CommandError(str(broken)) from None
    if reader is None:
        raise CommandError(f"project {project.slug} has no model")
    return reader.crisis_type
