"""A run's figures in MLflow and Weights & Biases, by configuration (T15): parameters, curves, final figures, hashes.

Trackers listen to the events of the run, on a thread of their own: they never see a text, hold no run up, and one that
fails ends as a line in the run's log. Only numbers and hashes leave the run, no paths and nothing of the machine.
"""

from __future__ import annotations

import importlib.util
import math
import os
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import orjson

from .config import EMBEDDED_BACKBONE, TrainingConfig, config_as_dict
from .errors import ConfigInvalid, Stopped
from .events import Emit
from .files import bytes_write

STATE_FILE: Final = "tracking.json"
# Sections that say where things lie, not what was trained.
LEFT_OUT: Final = ("output", "tracking")
HASHES: Final = ("config_sha256", "bundle_sha256", "release")
# Events that are points of curves, and what they are drawn over.
AXES: Final = {"epoch": "epoch", "point": "step"}
PLACES: Final = frozenset({"epoch", "epochs", "step", "total_steps"})
FINAL_EVENTS: Final = frozenset({"calibrated", "exported", "done"})
# Whoever waits for a tracker at the end of a run waits no longer than this.
FINISH_SECONDS: Final = 30.0


class Tracker(Protocol):
    """One place where figures go. Every method may fail; the run does not notice."""

    name: str

    def start(self, parameters: Mapping[str, str | float | bool]) -> None:
        """Open the run, or go on with it after a kill."""

    def curves(self, values: Mapping[str, float], axis: str, place: int) -> None:
        """Note a point of the curves, at its place on the axis "epoch" or "step"."""

    def final(self, values: Mapping[str, float]) -> None:
        """Note final figures."""

    def tags(self, values: Mapping[str, str]) -> None:
        """Note names and hashes."""

    def finish(self, outcome: str) -> None:
        """Close the run: "finished", "stopped" or "failed"."""


class RunIds:
    """The trackers' names of this run, kept beside its checkpoints so that a resumed run goes on in the same place."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / STATE_FILE

    def get(self, name: str) -> str | None:
        """Return the tracker's name of the run, None when it has none yet."""
        try:
            found = orjson.loads(self._path.read_bytes())[name]
        except (OSError, KeyError, TypeError, orjson.JSONDecodeError):
            return None
        return found if isinstance(found, str) else None

    def keep(self, name: str, value: str) -> None:
        """Remember the tracker's name of the run."""
        try:
            known = orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            known = {}
        bytes_write(orjson.dumps({**known, name: value}), self._path)


@contextmanager
def tracking(config: TrainingConfig, folder: Path, emit: Emit) -> Iterator[Emit]:
    """Yield an `emit` that the configured trackers hear too, and close them with the run's outcome.

    Of several processes only the first is tracked. Raises ConfigInvalid for a missing package or an odd address.
    """
    trackers = _trackers(config, folder)
    if not trackers or os.environ.get("RANK", "0") != "0":
        yield emit
        return
    listeners = [_Listener(tracker, emit) for tracker in trackers]
    for listener in listeners:
        listener.do(lambda tracker: tracker.start(parameters_of(config)))

    def told(event: dict[str, Any]) -> None:
        emit(event)
        for listener in listeners:
            listener.hear(event)

    outcome = "failed"
    try:
        yield told
        outcome = "finished"
    except Stopped:
        outcome = "stopped"
        raise
    finally:
        for listener in listeners:
            listener.close(outcome)


def tracking_check(config: TrainingConfig) -> None:
    """Raise ConfigInvalid when a tracker that is asked for is not installed or its address is none."""
    wanted = {"mlflow": config.tracking.mlflow, "wandb": config.tracking.wandb != "off"}
    for package, asked in wanted.items():
        if asked and importlib.util.find_spec(package) is None:
            raise ConfigInvalid(f"tracking.{package} needs a package that is not installed: pip install '.[tracking]'")
    # Other schemes would let a configuration write files anywhere, or reach a vendor's default.
    if config.tracking.mlflow_uri and urlsplit(config.tracking.mlflow_uri).scheme not in ("http", "https"):
        raise ConfigInvalid("tracking.mlflow_uri is the http(s) address of a server, or empty for a local store")


def parameters_of(config: TrainingConfig) -> dict[str, str | float | bool]:
    """Return what decides a run, flat: "optimisation.learning_rate": 0.001. Folders are named, not located."""
    parts = config_as_dict(config)
    flat = dict(_flat({name: part for name, part in parts.items() if name not in LEFT_OUT}))
    flat.pop("compute.cache_dir", None)
    if config.model.backbone != EMBEDDED_BACKBONE:
        flat["model.backbone"] = Path(config.model.backbone).name
    return flat


def figures_of(event: Mapping[str, Any]) -> dict[str, float]:
    """Return the finite numbers of an event, flat; everything else stays in the run."""
    return {
        name: float(value)
        for name, value in _flat(event)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    }


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            yield prefix + name, ", ".join(map(str, value))
        else:
            yield prefix + name, value


def _trackers(config: TrainingConfig, folder: Path) -> list[Tracker]:
    tracking_check(config)
    found: list[Tracker] = []
    if config.tracking.mlflow:
        from .tracking_mlflow import MlflowTracker

        found.append(MlflowTracker(config.tracking, folder, RunIds(folder)))
    if config.tracking.wandb != "off":
        from .tracking_wandb import WandbTracker

        found.append(WandbTracker(config.tracking, folder, RunIds(folder)))
    return found


class _Listener:
    """Passes on to one tracker, on its own thread, until that fails."""

    def __init__(self, tracker: Tracker, emit: Emit) -> None:
        self._tracker = tracker
        self._emit = emit
        self._failed = False
        self._waiting: queue.SimpleQueue[Callable[[Tracker], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"tracking-{tracker.name}", daemon=True)
        self._thread.start()

    def do(self, act: Callable[[Tracker], None]) -> None:
        self._waiting.put(act)

    def hear(self, event: Mapping[str, Any]) -> None:
        kind = event.get("event")
        tags = {name: str(event[name]) for name in HASHES if name in event}
        if tags:
            self.do(lambda tracker: tracker.tags(tags))
        axis = AXES.get(str(kind))
        if axis is not None:
            place = int(event[axis])
            curves = {name: value for name, value in figures_of(event).items() if name not in PLACES}
            self.do(lambda tracker: tracker.curves(curves, axis, place))
        elif kind in FINAL_EVENTS:
            figures = figures_of(event)
            self.do(lambda tracker: tracker.final(figures))

    def close(self, outcome: str) -> None:
        self.do(lambda tracker: tracker.finish(outcome))
        self._waiting.put(None)
        self._thread.join(FINISH_SECONDS)
        if self._thread.is_alive():
            self._warn(f"it did not answer within {FINISH_SECONDS:.0f} seconds")

    def _work(self) -> None:
        while (act := self._waiting.get()) is not None:
            if self._failed:
                continue
            try:
                act(self._tracker)
            except Exception as problem:
                # Its name, not its message: that may quote an address with a password in it.
                self._warn(f"{type(problem).__name__}")

    def _warn(self, reason: str) -> None:
        self._failed = True
        self._emit({"event": "tracking_failed", "tracker": self._tracker.name, "reason": reason})
