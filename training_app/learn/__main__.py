"""Plan or run a training on a release, search configurations, or evaluate a frozen bundle.

Exit codes: 0 done, 1 failed, 2 configuration refused, 3 release, encoder or bundle refused, 4 stopped by a signal.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

from pixelhub.canonical import canonical_json

from . import enrichment_commands, file_commands, plan_commands, tune_commands
from .bundle import bundle_open
from .config import config_read
from .data import release_open
from .encoder import use_threads
from .errors import (
    BundleRefused,
    ConfigInvalid,
    EncoderRefused,
    LearnError,
    ParityFailed,
    ReleaseRefused,
    Stopped,
    StudentRefused,
    TestSplitForbidden,
)
from .events import emit_json_line
from .failures import failure_of
from .files import bytes_write
from .held_out import evaluate_bundle
from .pipeline import train
from .stopping import stop_on_signals

REFUSALS: Final = (ReleaseRefused, BundleRefused, TestSplitForbidden, EncoderRefused, StudentRefused, ParityFailed)
OK: Final = 0
FAILED: Final = 1
BAD_CONFIG: Final = 2
REFUSED: Final = 3
STOPPED: Final = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; progress goes to standard output as JSON lines."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "train":
            _train(options)
        elif options.command == "quantise":
            _quantise(options)
        elif options.command == "evaluate":
            _evaluate(options)
        else:
            return int(options.run(options))
    except Stopped as stop:
        emit_json_line({"event": "stopped", "reason": str(stop)})
        return STOPPED
    except LearnError as problem:
        emit_json_line({"event": "refused", "reason": str(problem)})
        sys.stderr.write(f"{problem}\n")
        return _exit_code(problem)
    except Exception as problem:
        failure = failure_of(problem)
        emit_json_line({"event": "failed", "kind": failure.kind, "reason": failure.reason})
        if failure.kind == "unexpected":
            raise
        sys.stderr.write(f"{failure.reason}\n")
        return FAILED
    return OK


def _train(options: argparse.Namespace) -> None:
    train(config_read(options.config), emit=emit_json_line, stopping=stop_on_signals())


def _quantise(options: argparse.Namespace) -> None:
    # Imported here: the quantiser takes a second that no other command needs.
    quantise = import_module(f"{__package__}.quantise").quantise
    use_threads(options.threads)
    quantise(
        bundle_open(options.bundle),
        release_open(options.release),
        config_read(options.config),
        options.out,
        emit=emit_json_line,
    )


def _evaluate(options: argparse.Namespace) -> None:
    bundle = bundle_open(options.bundle)
    result = evaluate_bundle(bundle, options.release, split=options.split, threads=options.threads)
    if options.predictions:
        bytes_write(result.predictions_jsonl(), options.predictions)
    bytes_write(canonical_json(result.metrics), options.out)
    emit_json_line({"event": "evaluated", "split": options.split, "n": result.metrics["n"], "out": options.out.name})


def _exit_code(problem: LearnError) -> int:
    if isinstance(problem, ConfigInvalid):
        return BAD_CONFIG
    if isinstance(problem, REFUSALS):
        return REFUSED
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training_app.learn", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train", help="train on a release's train split, choose on its val split")
    training.add_argument("--config", type=Path, required=True, help="configuration as JSON")
    quantising = commands.add_parser("quantise", help="make an INT8 bundle of a bundle with an ONNX graph")
    quantising.add_argument("--bundle", type=Path, required=True, help="folder of the bundle that it is made of")
    quantising.add_argument("--release", type=Path, required=True, help="folder of the release it was trained on")
    quantising.add_argument("--config", type=Path, required=True, help="the configuration of its run")
    quantising.add_argument("--out", type=Path, required=True, help="folder that gets bundle/ and training-record.json")
    quantising.add_argument("--threads", type=int, default=1, help="default: 1")
    evaluation = commands.add_parser("evaluate", help="evaluate a frozen bundle on a held-out split")
    evaluation.add_argument("--bundle", type=Path, required=True, help="folder with bundle.json and its files")
    evaluation.add_argument("--release", type=Path, required=True, help="folder of the release")
    evaluation.add_argument("--split", choices=["test", "val"], default="test", help="default: test")
    evaluation.add_argument("--out", type=Path, required=True, help="where the metrics are written as JSON")
    evaluation.add_argument("--predictions", type=Path, help="where one JSON line per conversation is written, no text")
    evaluation.add_argument("--threads", type=int, default=1, help="default: 1")
    plan_commands.register(commands)
    file_commands.register(commands)
    tune_commands.register(commands)
    enrichment_commands.register(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
