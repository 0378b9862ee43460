"""`manage.py evidence SCORE_ID [--json]`: the chain of a score; exit code 1 when a link is broken."""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from inference.models import ScoreLog
from review.chain import evidence_chain


class Command(BaseCommand):
    help = "Verify the chain from a score back to the annotations its model was trained on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("score_id", help="The id that the scoring service answered with.")
        parser.add_argument("--json", action="store_true", help="Print the chain as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            chain = evidence_chain(UUID(options["score_id"]))
        except ValueError:
            raise CommandError(f"{options['score_id'][:80]!r} is not a score id.", returncode=2) from None
        except ScoreLog.DoesNotExist:
            raise CommandError("There is no score with this id.", returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(chain.as_dict(), indent=2, ensure_ascii=False))
        else:
            for link in chain.links:
                self.stdout.write(f"{'verified' if link.verified else 'BROKEN':9} {link.title}")
                for problem in link.problems:
                    self.stdout.write(f"          ! {problem}")
                for name, value in link.facts:
                    self.stdout.write(f"          {name}: {value}")
            self.stdout.write("The chain holds." if chain.ok else "The chain is broken.")
        if not chain.ok:
            sys.exit(1)
