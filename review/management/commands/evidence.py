"""`manage.py evidence KIND ID [--project SLUG] [--json]`: the chain of a score, or all that rests on something."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model, QuerySet

from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from inference.models import ScoreLog
from review import onward
from review.chain import evidence_chain
from training_app.models import ModelVersion, TrainingRun

_FOLLOWED: dict[str, tuple[type[Model], Callable[[Any], onward.Onward]]] = {
    "annotation": (Annotation, onward.onward_of_annotation),
    "label": (SnapshotLabel, onward.onward_of_label),
    "record": (Record, onward.onward_of_record),
    "sample": (Record, onward.onward_of_record),
    "snapshot": (LabelSnapshot, onward.onward_of_snapshot),
    "release": (Release, onward.onward_of_release),
    "run": (TrainingRun, onward.onward_of_run),
    "version": (ModelVersion, onward.onward_of_version),
}
#: What may be named as people name it, by the field that holds the name.
_NAMED = {"release": "version", "version": "version", "snapshot": "number", "record": "content_hash"}
_NAMED |= {"sample": "content_hash", "annotation": "sha256", "label": "label_sha256", "run": "name"}


class Command(BaseCommand):
    help = "Verify the chain from a score back to the annotations, or list what rests on an annotation, a record, ..."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "what", nargs="+", metavar="[KIND] ID", help=f"score (the default) or {', '.join(_FOLLOWED)}, and its id"
        )
        parser.add_argument("--project", default="", help="the project's short name, where two have such a version")
        parser.add_argument(
            "--whole",
            action="store_true",
            help="of a score: read the whole audit trail, not only what came after its last good check",
        )
        parser.add_argument("--json", action="store_true", help="Print it as JSON.")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        what = options["what"]
        kind, name = ("score", what[0]) if len(what) == 1 else (what[0], " ".join(what[1:]))
        if kind == "score":
            self._score(name, options)
        elif kind in _FOLLOWED:
            self._onward(kind, name, options)
        else:
            raise CommandError(f"{kind[:40]!r} is none of: score, {', '.join(_FOLLOWED)}.", returncode=2)

    def _score(self, name: str, options: dict[str, Any]) -> None:
        try:
            key = UUID(name)
        except ValueError:
            raise CommandError(f"{name[:80]!r} is not a score id.", returncode=2) from None
        try:
            chain = evidence_chain(key, whole=options["whole"])
        except ScoreLog.DoesNotExist:
            raise CommandError("There is no score with this id.", returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(chain.as_dict(), indent=2, ensure_ascii=False))
        else:
            for link in chain.links:
                self.stdout.write(f"{'BROKEN' if not link.verified else link.state:9} {link.title}")
                if link.unchecked:
                    self.stdout.write(f"          ? {link.unchecked}")
                for problem in link.problems:
                    self.stdout.write(f"          ! {problem}")
                for fact, value in link.facts:
                    self.stdout.write(f"          {fact}: {value}")
            self.stdout.write("The chain holds." if chain.ok else "The chain is broken.")
        if not chain.ok:
            sys.exit(1)

    def _onward(self, kind: str, name: str, options: dict[str, Any]) -> None:
        model, follow = _FOLLOWED[kind]
        found = follow(_one(kind, model, name, options["project"]))
        said = found.as_dict()
        if options["json"]:
            self.stdout.write(json.dumps(said, indent=2, ensure_ascii=False))
            return
        self.stdout.write(found.name[:1].upper() + found.name[1:])
        for fact in (*found.facts, *found.rests_on):
            self.stdout.write(f"  {fact.name}: {fact.value}")
        self.stdout.write("What rests on it: " + ", ".join(f"{count:,} {what}" for what, count in found.counts.items()))
        for part in ("snapshots", "releases", "runs", "versions", "production"):
            for row in said[part]:
                self.stdout.write(f"  {part}: " + ", ".join(f"{key} {value}" for key, value in row.items() if value))
        for note in found.notes:
            self.stdout.write(f"  ! {note}")


def _one(kind: str, model: type[Model], name: str, project: str) -> Any:
    rows: QuerySet[Any] = model._default_manager.all()
    if project:
        where = {"annotation": "item__round__project__slug", "label": "snapshot__project__slug"}
        rows = rows.filter(**{where.get(kind, "project__slug"): project})
    if "\x00" in name:  # no column of PostgreSQL can hold it, and asking for it is an error there
        rows = rows.none()
    number = name.isascii() and name.isdecimal()
    by_name = rows.filter(**{_NAMED[kind]: name}) if not number or kind == "snapshot" else rows.none()
    found = list(by_name[:2]) or (list(rows.filter(pk=int(name[:18]))[:2]) if number else [])
    if len(found) > 1:
        raise CommandError(f"Several projects have such a {kind}: name one with --project.", returncode=2)
    if not found:
        raise CommandError(f"There is no {kind} {name[:80]!r}.", returncode=2)
    return found[0]
