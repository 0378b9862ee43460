"""A process that trains one trial after another for a study: no export, no bundle, train and validation alone.

It reads requests as JSON lines from standard input and answers with events on standard output. After each epoch it
waits for the study's word; when the study is gone, so that none comes, it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import orjson

from pixelhub.canonical import canonical_json

from .cached import Read, fit_heads, read_once
from .checkpoints import latest_state
from .config import TrainingConfig, config_as_dict, config_from
from .data import OpenRelease, release_open
from .encoder import use_threads
from .errors import LearnError, Stopped
from .events import Emit
from .failures import failure_of
from .pipeline import method_of
from .training import CHECKPOINT_DIR, Training


class _Pruned(Exception):
    """The study thinks that the trial is not worth going on with."""


class _Validated(Exception):
    """The best epoch is calibrated; what would follow is the export, which a trial does not need."""


class TrialWorker:
    """Keeps the verified release and the encoded splits from trial to trial."""

    def __init__(self, requests: IO[bytes], *, emit: Emit, stopping: Callable[[], bool]) -> None:
        self._requests = requests
        self._emit = emit
        self._stopping = stopping
        self._releases: dict[str, OpenRelease] = {}
        self._read: dict[bytes, Read] = {}

    def serve(self) -> None:
        """Answer requests until there are no more. Raises Stopped after a termination signal or without a study."""
        for line in self._requests:
            request = orjson.loads(line)
            config = config_from(request["config"])
            try:
                if request["do"] == "prepare":
                    self._read_once(self._training(config))
                    self._emit({"event": "prepared"})
                else:
                    self._trial(config)
            except Stopped:
                raise
            except LearnError as problem:
                self._emit({"event": "trial_failed", "kind": "refused", "reason": str(problem)})
            except Exception as problem:
                failure = failure_of(problem)
                self._emit({"event": "trial_failed", "kind": failure.kind, "reason": failure.reason})

    def _training(self, config: TrainingConfig) -> Training:
        folder = config.output.release_dir
        if folder not in self._releases:
            self._releases[folder] = release_open(Path(folder))
        return Training(config, self._releases[folder], Path(config.output.out_dir), self._emit, self._stopping)

    def _read_once(self, training: Training) -> Read:
        model = training.config.model
        parts = config_as_dict(training.config)["data"]
        key = canonical_json([training.release.manifest_sha256, parts, model.backbone, model.features])
        if key not in self._read:
            self._read[key] = read_once(training)
        return self._read[key]

    def _trial(self, config: TrainingConfig) -> None:
        started = time.monotonic()
        use_threads(config.compute.threads)
        history: list[dict[str, float]] = []
        point: dict[str, Any] = {}

        def emit(event: dict[str, Any]) -> None:
            if event["event"] == "calibrated":
                point.update({name: value for name, value in event.items() if name != "event"})
                raise _Validated
            self._emit(event)
            if event["event"] == "epoch":
                history.append(event)
                self._ask()

        method = method_of(config.model)
        training = replace(self._training(config), emit=emit)
        training.out.mkdir(parents=True, exist_ok=True)
        try:
            if config.model.method == "cached":
                _, found = fit_heads(training, self._read_once(training))
                emit({"event": "calibrated"} | found)
            else:
                method(training)
        except _Pruned:
            self._emit({"event": "trial_pruned", "seconds": _since(started)})
            return
        except _Validated:
            # A resumed trial says its later epochs alone; its checkpoint remembers all of them.
            history = latest_state(training.out / CHECKPOINT_DIR).get("history", history)
        self._emit({"event": "trial_done", "history": history, "validation": point, "seconds": _since(started)})

    def _ask(self) -> None:
        answer = self._requests.readline()
        if not answer:
            raise Stopped("the study that this trial belongs to has ended")
        if orjson.loads(answer)["prune"]:
            raise _Pruned


def _since(started: float) -> float:
    return round(time.monotonic() - started, 2)
