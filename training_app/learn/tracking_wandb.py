"""Weights & Biases: offline into the run's folder, or online with the key of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from .config import TrackingConfig
from .tracking import RunIds


class WandbTracker:
    """One W&B run that holds figures and hashes; nothing of the machine, the code or the console goes along."""

    name = "wandb"

    def __init__(self, config: TrackingConfig, folder: Path, ids: RunIds) -> None:
        self._config = config
        self._store = Path(config.local_dir) if config.local_dir else folder
        self._ids = ids
        self._run: Any = None

    def start(self, parameters: Mapping[str, str | float | bool]) -> None:
        """Open the run, or go on with the one that a kill left."""
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        self._store.mkdir(parents=True, exist_ok=True)
        known = self._ids.get(self.name) or uuid4().hex[:12]
        self._ids.keep(self.name, known)
        self._run = wandb.init(
            project=self._config.project,
            mode="online" if self._config.wandb == "online" else "offline",
            id=known,
            resume="allow",
            dir=str(self._store),
            config=dict(parameters),
            settings=wandb.Settings(
                console="off",
                disable_code=True,
                disable_git=True,
                save_code=False,
                silent=True,
                host="",
                x_save_requirements=False,
                x_disable_meta=True,
                x_disable_stats=True,
                x_disable_machine_info=True,
            ),
        )
        for axis in ("epoch", "step"):
            self._run.define_metric(axis, hidden=True)
            self._run.define_metric(f"{axis}/*", step_metric=axis)

    def curves(self, values: Mapping[str, float], axis: str, place: int) -> None:
        """Note a point of the curves, each axis by itself: W&B drops what is logged at an earlier step."""
        self._run.log({f"{axis}/{name}": value for name, value in values.items()} | {axis: place})

    def final(self, values: Mapping[str, float]) -> None:
        """Note final figures in the summary."""
        self._run.summary.update(dict(values))

    def tags(self, values: Mapping[str, str]) -> None:
        """Note names and hashes in the run's configuration."""
        self._run.config.update(dict(values), allow_val_change=True)

    def finish(self, outcome: str) -> None:
        """Close the run; anything but "finished" counts as failed."""
        self._run.finish(exit_code=0 if outcome == "finished" else 1)
