"""The commands around a training: `estimate`, `dry-run` and `launch`.

Each takes the configuration file that `train` takes. What is imported for them takes seconds, so it is when they run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import orjson

from .config import TrainingConfig, config_read
from .files import bytes_write

OK: Final = 0
DOES_NOT_FIT: Final = 1
# By the event that ended the processes of a launch, as `train` itself would have ended.
LAUNCH_CODES: Final = {"done": 0, "failed": 1, "refused": 3, "stopped": 4}


def register(commands: Any) -> None:
    """Add the commands' parsers; each leaves its function in `run`, which returns the exit code."""
    estimation = commands.add_parser(
        "estimate", help="parameters, memory and time of a configuration; needs the backbone's config.json, no weights"
    )
    _common(estimation)
    estimation.add_argument("--rows", type=int, help="conversations to train on; else from output.release_dir")
    estimation.add_argument("--val-rows", type=int, default=0, help="conversations to choose on, with --rows")
    estimation.add_argument("--gpu", default="", help="for a GPU that is not here: h200, h100, a100-80, l4, t4 …")
    estimation.add_argument("--gpus", type=int, default=1, help="how many of them, with --gpu")
    estimation.set_defaults(run=_estimate)
    rehearsal = commands.add_parser(
        "dry-run", help="verify the release, tokenise a sample, build the model, take two steps; writes nothing else"
    )
    _common(rehearsal)
    rehearsal.set_defaults(run=_dry_run)
    launching = commands.add_parser(
        "launch", help="train on compute.processes processes (DDP or FSDP) by torchrun, as compute.distributed says"
    )
    launching.add_argument("--config", type=Path, required=True, help="configuration as JSON")
    launching.set_defaults(run=_launch)


def rehearse(config: TrainingConfig) -> tuple[dict[str, Any], str]:
    """Return a dry run's report as JSON types and as text. Raises LearnError."""
    from .dry_run import dry_run
    from .plan_text import dry_run_text

    report, found = dry_run(config)
    return report, dry_run_text(report, found)


def _estimate(options: argparse.Namespace) -> int:
    from .plan import plan
    from .plan_text import estimate_text

    found = plan(
        config_read(options.config),
        train_rows=options.rows,
        val_rows=options.val_rows,
        gpu=options.gpu,
        gpus=options.gpus,
    )
    _tell(options, found.as_dict(), estimate_text(found))
    return OK if found.memory.fits else DOES_NOT_FIT


def _dry_run(options: argparse.Namespace) -> int:
    report, text = rehearse(config_read(options.config))
    _tell(options, report, text)
    return OK if report["estimate"]["fits"] else DOES_NOT_FIT


def _launch(options: argparse.Namespace) -> int:
    from .compute import compute_resolve, machine_detect
    from .launch import launch, launch_check, launch_environment
    from .plan import backbone_document

    config, machine = config_read(options.config), machine_detect()
    resolved = compute_resolve(config, machine)
    launch_check(config, machine, resolved)
    ending = launch(options.config, config, launch_environment(config, resolved, backbone_document(config)))
    return LAUNCH_CODES[ending["event"]]


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, help="configuration as JSON")
    parser.add_argument("--json", action="store_true", help="print the report as JSON instead of text")
    parser.add_argument("--out", type=Path, help="write the report as JSON here as well")


def _tell(options: argparse.Namespace, report: dict[str, Any], text: str) -> None:
    data = orjson.dumps(report, option=orjson.OPT_INDENT_2)
    if options.out:
        bytes_write(data + b"\n", options.out)
    sys.stdout.write((data.decode() if options.json else text) + "\n")
