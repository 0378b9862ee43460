"""Compare two model versions: what differs in how they were made, and what in what they do."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from training_app.comparing import Comparison, compare
from training_app.management.commands._lookup import find_version, project_with_models


class Command(BaseCommand):
    help = (
        "Compare two versions: configuration, release, metrics with intervals, McNemar on the same test set, latency."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("first", help='version number or "latest"')
        parser.add_argument("second", help='version number or "latest"')
        parser.add_argument("--project", help="slug of the project; not needed when only one has models, demos aside")
        parser.add_argument("--json", action="store_true", help="print the comparison as JSON")

    def handle(self, **options: Any) -> None:
        project = project_with_models(options["project"])
        found = compare(find_version(project, options["first"]), find_version(project, options["second"]))
        if options["json"]:
            self.stdout.write(json.dumps(found.as_dict()))
        else:
            self._table(found)

    def _table(self, found: Comparison) -> None:
        names = (f"v{found.first.version}", f"v{found.second.version}")
        self.stdout.write(f"{'':<50} {names[0]:<28} {names[1]:<28} difference")
        for row in found.metrics:
            shown = [_metric(row.first), _metric(row.second)]
            difference = "" if row.difference is None else f"{row.difference:+.4f}"
            self.stdout.write(f"{row.name:<50} {shown[0]:<28} {shown[1]:<28} {difference}".rstrip())
        for part in (*found.origin, *found.config, *found.speed):
            self.stdout.write(f"{part.name:<50} {part.first!s:<28} {part.second!s:<28}".rstrip())
        if found.tests is None:
            self.stdout.write(f"no test of the difference: {found.no_test}")
            return
        for name in ("all", "crises", "others"):
            test = found.tests[name]
            self.stdout.write(
                f"McNemar on {name}: n {test['n']}, only {names[0]} right {test['only_first']}, "
                f"only {names[1]} right {test['only_second']}, exact p {test['p']:.4f}"
            )


def _metric(metric: dict[str, Any] | None) -> str:
    return "-" if metric is None else f"{metric['value']:.4f} [{metric['low']:.4f}, {metric['high']:.4f}]"
