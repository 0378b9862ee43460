"""From a verified release and a configuration to a bundle: opens the release and hands over to the method."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import orjson

from .bundle import FrozenBundle
from .cached import train_cached
from .config import TrainingConfig, config_sha256, config_write
from .data import release_open
from .encoder import use_threads
from .errors import ConfigInvalid
from .events import Emit
from .files import bytes_write
from .provenance import code_version, environment
from .training import Outcome, Stopping, Training

RECORD_FILE: Final = "training-record.json"
CONFIG_FILE: Final = "config.json"
# By config.model.method.
METHODS: Final[Mapping[str, Callable[[Training], Outcome]]] = MappingProxyType({"cached": train_cached})


def train(config: TrainingConfig, *, emit: Emit, stopping: Stopping = lambda: False) -> FrozenBundle:
    """Train as configured and return the checked bundle, at `<out_dir>/bundle`.

    Beside it lie config.json, training-record.json (curves, calibration, parity, latency, machine) and the
    checkpoints; a second call with the same folder goes on where the first was stopped or killed.
    Raises LearnError with a readable reason.
    """
    if not config.output.release_dir or not config.output.out_dir:
        raise ConfigInvalid("output.release_dir and output.out_dir must be set")
    method = METHODS.get(config.model.method)
    if method is None:
        raise ConfigInvalid(f"model.method {config.model.method} cannot be trained here; choose {', '.join(METHODS)}")
    started = time.monotonic()
    use_threads(config.compute.threads)
    out = Path(config.output.out_dir)
    out.mkdir(parents=True, exist_ok=True)
    release = release_open(Path(config.output.release_dir))
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
    bytes_write(orjson.dumps(record, option=orjson.OPT_INDENT_2), out / RECORD_FILE)
    emit({"event": "done", "bundle_sha256": outcome.bundle.sha256, "best_epoch": outcome.best_epoch})
    return outcome.bundle
