"""A study: trains many configurations on train, compares them on validation, keeps the best one's configuration.

The test split cannot be opened from here: trials read the release as a training does (data.py). Everything that is
known lies under `<out_dir>/trials`, so that a study that was killed goes on: finished trials are not repeated, and one
that was running goes on after its last whole epoch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from .config import OutputConfig, TrainingConfig, config_sha256, config_write
from .data import release_open
from .errors import ConfigInvalid, LearnError, Stopped
from .events import Emit
from .search import Search
from .space import Method, Scalar, Space, config_with, grid_size
from .trialpool import TrialPool, TrialProcess, room_for
from .trials import TRIALS_DIR, Journal, State, TrialRecord

BEST_CONFIG: Final = "best-config.json"
_LISTEN_SECONDS: Final = 0.25
_PREPARING: Final = "preparing"
_CURVE: Final = ("epoch", "train_loss", "val_loss", "val_macro_f1")


class StudyFailed(LearnError):
    """No trial went through."""


@dataclass(frozen=True)
class Studied:
    """How a study ended: all its trials, the best of them and how much each parameter mattered."""

    trials: list[TrialRecord]
    best: TrialRecord
    config: TrainingConfig
    importance: dict[str, float]


def tune(
    base: TrainingConfig,
    space: Space,
    *,
    method: Method,
    max_trials: int,
    emit: Emit,
    stopping: Callable[[], bool] = lambda: False,
    workers: int = 0,
) -> Studied:
    """Search `space` around `base` and write `<out_dir>/best-config.json`; goes on where it was stopped or killed.

    A trial's value is its best validation macro F1. `workers` processes train at once; 0 is what the machine bears.
    Raises Stopped after a termination signal, StudyFailed when no trial went through, other LearnErrors as a training.
    """
    return _Study(base, space, method, max_trials, emit, stopping).run(workers)


class _Study:
    def __init__(
        self,
        base: TrainingConfig,
        space: Space,
        method: Method,
        max_trials: int,
        emit: Emit,
        stopping: Callable[[], bool],
    ) -> None:
        if not base.output.release_dir or not base.output.out_dir:
            raise ConfigInvalid("output.release_dir and output.out_dir must be set")
        self._base = base
        self._space = space
        self._emit = emit
        self._stopping = stopping
        self._out = Path(base.output.out_dir)
        self._journal = Journal(self._out / TRIALS_DIR)
        self._records = {record.number: record for record in self._journal.read()}
        self._total = grid_size(space) if method == "grid" else max_trials
        self._search = Search(
            space,
            method=method,
            max_trials=max_trials,
            seed=base.optimisation.seed,
            known=self._records.values(),
            warmup=max(1, base.optimisation.epochs // 6),
        )

    def run(self, workers: int) -> Studied:
        release = release_open(Path(self._base.output.release_dir))
        finished = sum(record.is_finished for record in self._records.values())
        places = max(1, min(workers or room_for(self._base.compute), self._total - finished))
        self._emit({"event": "study", "release": release.version, "trials": self._total, "workers": places})
        self._tell_known()
        with TrialPool(self._base.compute, places) as pool:
            if self._shares_embeddings and finished < self._total:
                self._prepare(pool)
            self._try_all(pool)
        return self._result()

    @property
    def _shares_embeddings(self) -> bool:
        read_anew = [name for name in self._space if name.startswith("data.") or name == "model.features"]
        return self._base.model.method == "cached" and not read_anew

    def _tell_known(self) -> None:
        """Whoever follows the events may have missed what was finished before."""
        for record in self._records.values():
            if record.is_finished:
                self._tell_start(record)
                self._tell_end(record)

    def _prepare(self, pool: TrialPool) -> None:
        """Let one process read every conversation, so that the others find the embeddings on disk."""
        process = pool.idle()
        assert process is not None
        process.busy = _PREPARING
        process.ask("prepare", self._config_for(self._out, {}))
        while process.busy is not None:
            for said_by, events in self._heard(pool):
                if events is None:
                    raise StudyFailed(f"reading the conversations ended early: {pool.bury(said_by)}")
                for event in events:
                    if event["event"] == "encoded":
                        self._emit(event)
                    elif event["event"] == "trial_failed":
                        raise StudyFailed(str(event["reason"]))
                    elif event["event"] == "prepared":
                        process.busy = None

    def _try_all(self, pool: TrialPool) -> None:
        exhausted = False
        while True:
            while not exhausted and (process := pool.idle()) is not None:
                proposal = self._search.next()
                exhausted = proposal is None
                if proposal is not None:
                    self._begin(process, *proposal)
            if all(process.busy is None for process in pool.processes):
                return
            for process, events in self._heard(pool):
                if events is None:
                    self._died(pool, process)
                for event in events or ():
                    self._on_event(process, event)

    def _heard(self, pool: TrialPool) -> list[tuple[TrialProcess, list[dict[str, Any]] | None]]:
        if self._stopping():
            raise Stopped("the study was stopped; a new start goes on with the trials that are left")
        return list(pool.heard(_LISTEN_SECONDS))

    def _begin(self, process: TrialProcess, number: int, params: dict[str, Scalar]) -> None:
        config = self._config_for(self._journal.work(number), params)
        # Anew also for a trial that was running when the study ended: its curve comes whole from its checkpoint.
        record = TrialRecord(number, params, config_sha256(config))
        self._records[number] = record
        self._journal.write(record)
        process.busy = record
        self._tell_start(record)
        process.ask("trial", config)

    def _on_event(self, process: TrialProcess, event: dict[str, Any]) -> None:
        record: TrialRecord = process.busy
        match event["event"]:
            case "epoch":
                row = _row(event)
                record.curve.append(row)
                self._emit({"event": "trial_epoch", "number": record.number} | row)
                prune = self._search.should_prune(record.number, int(row["epoch"]), row["val_macro_f1"])
                process.tell({"prune": prune})
            case "trial_pruned":
                epoch = record.curve[-1]["epoch"]
                record.reason = f"below the median of the other trials at epoch {epoch:g}"
                self._end(process, "pruned", event["seconds"])
            case "trial_done":
                record.curve = [_row(row) for row in event["history"]]
                best = max(record.curve, key=lambda row: (row["val_macro_f1"], -row["val_loss"]))
                record.validation = event["validation"] | {"best_epoch": int(best["epoch"])}
                self._end(process, "complete", event["seconds"])
            case "trial_failed":
                record.reason = str(event["reason"])
                self._end(process, "failed")

    def _died(self, pool: TrialPool, process: TrialProcess) -> None:
        how = pool.bury(process)
        if process.busy is not None:
            process.busy.reason = how[0].upper() + how[1:] + "."
            self._end(process, "failed")

    def _end(self, process: TrialProcess, state: State, seconds: float | None = None) -> None:
        record: TrialRecord = process.busy
        process.busy = None
        record.state, record.seconds = state, seconds
        if state != "failed":
            record.value = max(row["val_macro_f1"] for row in record.curve)
        self._journal.write(record)
        self._search.finish(record)
        self._tell_end(record)

    def _tell_start(self, record: TrialRecord) -> None:
        told = {"number": record.number, "params": record.params, "config_sha256": record.config_sha256}
        self._emit({"event": "trial_started"} | told)

    def _tell_end(self, record: TrialRecord) -> None:
        self._emit({"event": "trial_ended"} | msgspec.to_builtins(record))

    def _config_for(self, out: Path, params: dict[str, Scalar]) -> TrainingConfig:
        config = config_with(self._base, params)
        compute = config.compute
        if not compute.cache_dir:
            compute = msgspec.structs.replace(compute, cache_dir=str(self._out / "embeddings"))
        output = msgspec.structs.replace(config.output, out_dir=str(out))
        return msgspec.structs.replace(config, compute=compute, output=output)

    def _result(self) -> Studied:
        trials = [self._records[number] for number in sorted(self._records)]
        complete = [record for record in trials if record.state == "complete"]
        if not complete:
            reason = next((record.reason for record in trials if record.reason), "there was nothing to try")
            raise StudyFailed(f"no trial went through; the first one said: {reason}")
        best = max(complete, key=lambda record: (record.value or 0.0, -record.number))
        config = _without_folders(config_with(self._base, best.params))
        config_write(config, self._out / BEST_CONFIG)
        importance = self._search.importance()
        self._emit(
            {"event": "studied", "best": best.number, "value": best.value, "importance": importance}
            | {state: sum(record.state == state for record in trials) for state in ("complete", "pruned", "failed")}
        )
        return Studied(trials, best, config, importance)


def _without_folders(config: TrainingConfig) -> TrainingConfig:
    """The folders were this study's; whoever trains with the configuration has others."""
    compute = msgspec.structs.replace(config.compute, cache_dir="")
    tracking = msgspec.structs.replace(config.tracking, local_dir="")
    return msgspec.structs.replace(config, compute=compute, tracking=tracking, output=OutputConfig())


def _row(event: dict[str, Any]) -> dict[str, float]:
    return {name: event[name] for name in _CURVE if name in event}
