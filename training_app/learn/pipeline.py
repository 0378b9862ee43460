"""From a verified release and a configuration to a bundle: opens the release and hands over to the method."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from .bundle import FrozenBundle
from .config import EMBEDDED_BACKBONE, ModelConfig, TrainingConfig, config_sha256, config_write
from .data import release_open
from .encoder import use_threads
from .errors import ConfigInvalid
from .events import Emit
from .files import bytes_write
from .provenance import code_version, environment
from .tracking import tracking
from .training import Outcome, Stopping, Training

RECORD_FILE: Final = "training-record.json"
CONFIG_FILE: Final = "config.json"
# By config.model.method: module and function, imported when asked for, since what fine-tunes takes seconds to import.
METHODS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"cached": ("cached", "train_cached"), "distil": ("student", "train_student")}
    | dict.fromkeys(("frozen", "top_layers", "full", "lora", "qlora"), ("finetune", "train_finetuned"))
)


def train(config: TrainingConfig, *, emit: Emit, stopping: Stopping = lambda: False) -> FrozenBundle:
    """Train as configured and return the checked bundle, at `<out_dir>/bundle`.

    Beside it lie config.json, training-record.json (curves, calibration, parity, latency, machine) and the
    checkpoints; a second call with the same folder goes on where the first was stopped or killed.
    Raises LearnError with a readable reason.
    """
    if not config.output.release_dir or not config.output.out_dir:
        raise ConfigInvalid("output.release_dir and output.out_dir must be set")
    out = Path(config.output.out_dir)
    out.mkdir(parents=True, exist_ok=True)
    with tracking(config, out, emit) as told:
        return _train(config, out, told, stopping)


def _train(config: TrainingConfig, out: Path, emit: Emit, stopping: Stopping) -> FrozenBundle:
    method = method_of(config.model)
    started = time.monotonic()
    use_threads(config.compute.threads)
    release = release_open(Path(config.output.release_dir))
    # Of the processes of a distributed run the first one writes and tells; the others work.
    first = os.environ.get("RANK", "0") == "0"
    emit = emit if first else _silent
    if first:
        config_write(config, out / CONFIG_FILE)
    rows = {split: release.manifest["counts"]["splits"][split]["total"] for split in ("train", "val")}
    emit({"event": "started", "release": release.version, "config_sha256": config_sha256(config)} | rows)
    outcome = method(Training(config, release, out, emit, stopping))
    record = {
        "best_epoch": outcome.best_epoch,
        "code_version": code_version(),
        "environment": environment(),
        "seconds": round(time.monotonic() - started, 1),
    } | outcome.record
    if first:
        bytes_write(orjson.dumps(record, option=orjson.OPT_INDENT_2), out / RECORD_FILE)
    emit({"event": "done", "bundle_sha256": outcome.bundle.sha256, "best_epoch": outcome.best_epoch})
    return outcome.bundle


def _refuse_unread(model: ModelConfig) -> None:
    """Raise ConfigInvalid for what the cached method would pass over without a word."""
    if model.method != "cached":
        return
    if model.backbone != EMBEDDED_BACKBONE:
        raise ConfigInvalid(
            "model.method cached reads the embedded encoder alone; frozen trains the same heads on another backbone"
        )
    more = [head for head in model.heads if head not in ("crisis_type", "severity")]
    if more:
        raise ConfigInvalid(
            f"model.method cached trains crisis_type and severity; {', '.join(more)} need another method, say frozen"
        )


def method_of(model: ModelConfig) -> Callable[[Training], Outcome]:
    """Return what trains a model. Raises ConfigInvalid where nothing does, or for what the method would ignore."""
    _refuse_unread(model)
    name = model.method
    if name not in METHODS:
        raise ConfigInvalid(f"model.method {name} cannot be trained here; choose {', '.join(METHODS)}")
    module, function = METHODS[name]
    found: Callable[[Training], Outcome] = getattr(import_module(f"{__package__}.{module}"), function)
    return found


def _silent(event: dict[str, Any]) -> None:
    """Say nothing."""
