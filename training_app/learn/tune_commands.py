"""The commands of a study: `tune`, and `trials` for its worker processes. What they import takes seconds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from .config import config_read
from .events import emit_json_line
from .space import default_space, space_from
from .stopping import stop_on_signals

OK: Final = 0


def register(commands: Any) -> None:
    """Add the commands' parsers; each leaves its function in `run`, which returns the exit code."""
    tuning = commands.add_parser("tune", help="search configurations, comparing them on the val split")
    tuning.add_argument("--config", type=Path, required=True, help="the configuration to search around, as JSON")
    tuning.add_argument("--space", type=Path, help="what to search, as JSON; default: the plan's for the method")
    tuning.add_argument("--release", type=Path, help="folder of the release; default: the configuration's")
    tuning.add_argument("--out", type=Path, required=True, help="folder of trials and best-config.json; goes on there")
    tuning.add_argument("--method", choices=["grid", "tpe"], default="grid", help="default: grid")
    tuning.add_argument("--trials", type=int, default=30, help="how many TPE tries; a grid tries all. Default: 30")
    tuning.add_argument("--workers", type=int, default=0, help="trials at once; default: what the machine bears")
    tuning.set_defaults(run=_tune)
    trials = commands.add_parser("trials", help="one worker of a study; started by tune, not by hand")
    trials.set_defaults(run=_trials)


def _tune(options: argparse.Namespace) -> int:
    from .tuning import tune

    config = config_read(options.config)
    release_dir = str(options.release) if options.release else config.output.release_dir
    output = msgspec.structs.replace(config.output, release_dir=release_dir, out_dir=str(options.out))
    config = msgspec.structs.replace(config, output=output)
    given = options.space.read_bytes() if options.space else default_space(config.model.method, options.method)
    tune(
        config,
        space_from(given, method=options.method, base=config),
        method=options.method,
        max_trials=options.trials,
        workers=options.workers,
        emit=emit_json_line,
        stopping=stop_on_signals(),
    )
    return OK


def _trials(options: argparse.Namespace) -> int:
    from .trialworker import TrialWorker

    TrialWorker(sys.stdin.buffer, emit=emit_json_line, stopping=stop_on_signals()).serve()
    return OK
