"""`manage.py draw_expert_set NAME --project SLUG --by USER`: draw an expert set."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from datasets_app.corpus.expertset.choosing import DEFAULT_CRISIS, LEAST_SIZE
from datasets_app.management.jobwait import project_named
from datasets_app.models import Release
from review.refusal import Refused
from review.services import expert_set_draw
from training_app.management.commands._lookup import find_person


class Command(BaseCommand):
    help = (
        "Draw conversations for experts to rate: balanced, 8 to 20 percent with a crisis, none that a release trains "
        "on nor nearly the same as one. They are held out of training from then on. Exit code 1, with what is missing, "
        "where there are too few."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the set is called; a name that is taken gets its next version")
        parser.add_argument("--project", required=True, help="the project's short name")
        parser.add_argument("--by", required=True, help="username of who draws it")
        parser.add_argument("--size", type=int, default=LEAST_SIZE, help="500 to 1000 (default: %(default)s)")
        parser.add_argument("--crisis-share", type=float, default=DEFAULT_CRISIS, help="0.08 to 0.20 (%(default)s)")
        parser.add_argument("--raters", type=int, default=2, help="experts for each conversation (%(default)s)")
        parser.add_argument("--seed", type=int, help="the same data and seed draw the same set")
        parser.add_argument("--release", help="draw from the test split of this release alone")
        parser.add_argument("--json", action="store_true", help="print what was drawn as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        project, actor = project_named(options["project"]), find_person(options["by"])
        if actor is None:
            raise CommandError("Say who draws it with --by.", returncode=2)
        within = None
        if options["release"]:
            within = Release.objects.filter(project=project, version=options["release"]).first()
            if within is None:
                raise CommandError("There is no such release in this project.", returncode=2)
        try:
            drawn = expert_set_draw(
                project=project,
                actor=actor,
                name=options["name"],
                size=options["size"],
                crisis_share=options["crisis_share"],
                raters=options["raters"],
                seed=options["seed"],
                within=within,
            )
        except PermissionDenied:
            raise CommandError("This person may not draw expert sets in this project.", returncode=2) from None
        except Refused as refused:
            raise CommandError(str(refused)) from None
        found = {"id": drawn.pk, "name": drawn.name, "version": drawn.version, "trial": drawn.trial}
        found |= {"examples": drawn.examples.count(), "params": drawn.params, "excluded": drawn.excluded}
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
            return
        kinds = ", ".join(f"{kind} {count}" for kind, count in drawn.params["found"].items())
        self.stdout.write(f"{drawn.name}, version {drawn.version}: {found['examples']} conversations ({kinds})")
        for reason, count in drawn.excluded["counts"].items():
            self.stdout.write(f"  kept out {count}: {reason}")
        for pair in drawn.excluded["near"]:
            self.stdout.write(f"  {pair['content_hash']} is nearly {pair['like']} of release {pair['release']}")
