"""The commands that read a file: evaluate a bundle on a labelled one, or score any."""

from __future__ import annotations

import argparse
from pathlib import Path

from pixelhub.canonical import canonical_json

from .bundle import bundle_open
from .digests import release_digests
from .encoder import use_threads
from .errors import FileRefused
from .events import emit_json_line
from .file_evaluation import evaluate_file
from .files import bytes_write
from .labelled import LABEL_KINDS, LabelMap, values_of
from .scoring import score_file


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `evaluate-file` and `score` to the command line."""
    evaluation = commands.add_parser("evaluate-file", help="evaluate a bundle on any labelled file")
    scoring = commands.add_parser("score", help="score the conversations of a file")
    for parser, given in ((evaluation, "--data"), (scoring, "--file")):
        parser.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json and its files")
        parser.add_argument(given, type=Path, required=True, help="JSON lines, JSON, CSV or text, packed or not")
        parser.add_argument("--out", type=Path, required=True, help="file to write")
        parser.add_argument("--threads", type=int, default=1, help="default: 1")
    evaluation.add_argument("--release", type=Path, help="the bundle's release: its conversations are left out")
    add_label_options(evaluation)
    evaluation.set_defaults(run=_evaluate_file)
    scoring.set_defaults(run=_score)


def add_label_options(parser: argparse.ArgumentParser) -> None:
    """Add what says how labels are to be read; without --label-field the interchange form is expected."""
    parser.add_argument("--label-field", default="", help="the field that holds the label")
    parser.add_argument("--crisis-values", default="", help='values that mean a crisis: "suicide,self*"')
    parser.add_argument("--none-values", default="", help='values that mean none; "*" for all others')
    parser.add_argument("--label-kind", choices=LABEL_KINDS, help="how the labels came to be")


def label_map(field: str, crisis: str, none: str) -> LabelMap:
    """Return the mapping of those options. Raises FileRefused for one that cannot be meant."""
    return LabelMap(field, values_of(crisis), values_of(none))


def _score(options: argparse.Namespace) -> int:
    use_threads(options.threads)
    done = score_file(bundle_open(options.bundle), options.file, options.out, threads=options.threads)
    emit_json_line({"event": "scored", "rows": done.scored, "flagged": done.flagged, "unreadable": done.refused})
    if done.refused:
        raise FileRefused(f"{done.refused} rows could not be read; each has a line with the reason in the output")
    return 0


def _evaluate_file(options: argparse.Namespace) -> int:
    metrics = evaluate_file(
        bundle_open(options.bundle),
        options.data,
        mapping=label_map(options.label_field, options.crisis_values, options.none_values),
        label_kind=options.label_kind or "",
        known=release_digests(options.release) if options.release else None,
        threads=options.threads,
    )
    bytes_write(canonical_json(metrics), options.out)
    emit_json_line({"event": "evaluated", "n": metrics["n"], "file": metrics["file"], "out": options.out.name})
    return 0
