"""Show the evaluation of a model version, or evaluate it on any labelled file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training_app.learn.errors import BundleRefused, FileRefused
from training_app.learn.file_commands import add_label_options, label_map
from training_app.learn.file_evaluation import evaluate_file
from training_app.learn.verdicts import FAIL
from training_app.learn.wording import METRIC_NAMES, VERDICT_NAMES, in_order
from training_app.management.commands._lookup import find_model, find_person, model_arguments
from training_app.models import ModelVersion
from training_app.selectors import evaluation_of
from training_app.services import file_evaluation_record
from training_app.stored import opened_bundle, release_conversations


class Command(BaseCommand):
    help = (
        "Print the evaluation of a version on its test split. It was made once, when the version was registered, and "
        "is never made again: a test split that is opened often stops being one. Exit code 1 when a target is failed. "
        "With --data: evaluate on a labelled file, which opens no test split, and record the result with the version."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        model_arguments(parser)
        parser.add_argument("--json", action="store_true", help="print the whole evaluation as JSON")
        parser.add_argument("--data", type=Path, help="labelled file: JSON lines, JSON or CSV, packed or not")
        parser.add_argument("--name", default="", help="what the file is called in cards; its file name without it")
        parser.add_argument("--user", help="username of who evaluates, for the audit")
        parser.add_argument("--threads", type=int, default=1, help="default: 1")
        add_label_options(parser)

    def handle(self, **options: Any) -> None:
        version = find_model(options)
        if options["data"]:
            self._on_file(version, options)
        else:
            self._on_test_split(version, as_json=options["json"])

    def _on_test_split(self, version: ModelVersion, *, as_json: bool) -> None:
        evaluation = evaluation_of(version)
        if evaluation is None:
            raise CommandError(f"version {version.version} was not evaluated yet")
        found = evaluation.metrics
        if as_json:
            self.stdout.write(json.dumps({"version": version.version, "sha256": evaluation.sha256} | found))
        else:
            self.stdout.write(
                f"version {version.version}: {found['n']} test conversations, {found['positives']} with a crisis"
            )
            self._table(found)
        failed = [name for name, metric in found["metrics"].items() if metric["verdict"] == FAIL]
        if failed:
            raise CommandError(f"fails its target: {', '.join(failed)}")

    def _on_file(self, version: ModelVersion, options: Mapping[str, Any]) -> None:
        path: Path = options["data"]
        if not options["label_kind"]:
            raise CommandError("say how the labels came to be: --label-kind human, weak or synthetic")
        actor = find_person(options["user"])
        try:
            mapping = label_map(options["label_field"], options["crisis_values"], options["none_values"])
            with opened_bundle(version) as bundle:
                metrics = evaluate_file(
                    bundle,
                    path,
                    mapping=mapping,
                    label_kind=options["label_kind"],
                    known=release_conversations(version.release),
                    threads=options["threads"],
                )
        except BundleRefused as problem:
            raise CommandError(f"the stored model does not check out: {problem}") from problem
        except FileRefused as problem:
            raise CommandError(str(problem)) from problem
        name = options["name"] or path.name
        row = file_evaluation_record(version=version, name=name, metrics=metrics, actor=actor)
        if options["json"]:
            self.stdout.write(
                json.dumps({"version": version.version, "name": row.name, "sha256": row.sha256} | metrics)
            )
            return
        about = metrics["file"]
        self.stdout.write(
            f"version {version.version} on {row.name} ({row.label_kind} labels): {metrics['n']} conversations, "
            f"{metrics['positives']} with a crisis; left out: {about['overlap']} that the release holds too, "
            f"{about['copies']} copies, {about['unreadable']} that could not be read"
        )
        self._table(metrics)
        for apart in metrics["apart"]:
            shown = f"{apart['value']:.4f}  [{apart['low']:.4f}, {apart['high']:.4f}]  n {apart['n']}"
            self.stdout.write(f"  {'flagged, labelled ' + apart['label']:<50} {shown}")

    def _table(self, found: Mapping[str, Any]) -> None:
        for name, metric in in_order(found["metrics"]):
            verdict = VERDICT_NAMES[metric["verdict"]] if metric["verdict"] else ""
            needed = f" (needs {metric['n_needed']})" if metric.get("n_needed") else ""
            shown = f"{metric['value']:.4f}  [{metric['low']:.4f}, {metric['high']:.4f}]  n {metric['n']:<6} {verdict}"
            self.stdout.write(f"  {METRIC_NAMES[name]:<50} {shown}{needed}".rstrip())
        absent: dict[str, list[str]] = {}
        for name, reason in (found.get("absent") or {}).items():
            absent.setdefault(reason, []).append(METRIC_NAMES[name])
        for reason, names in absent.items():
            self.stdout.write(f"  not known, for {reason}: {', '.join(names)}")
        self.stdout.write(f"  missed crises: {found.get('missed_count', len(found['missed']))}")
