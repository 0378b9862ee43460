"""MLflow: a server by its address, or a local store beside the run."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from .config import TrackingConfig
from .tracking import RunIds

STORE: Final = "mlflow.db"
_STATUS: Final = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
# A server that does not answer is given up for this run; MLflow itself would try for minutes.
_PATIENCE: Final = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}


class MlflowTracker:
    """One MLflow run, through the client and without MLflow's global state."""

    name = "mlflow"

    def __init__(self, config: TrackingConfig, folder: Path, ids: RunIds) -> None:
        self._config = config
        self._store = Path(config.local_dir) if config.local_dir else folder
        self._ids = ids
        self._client: Any = None
        self._run = ""

    def start(self, parameters: Mapping[str, str | float | bool]) -> None:
        """Open the run and note its parameters, or open the run again that a kill left."""
        for name, value in _PATIENCE.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient
        from mlflow.entities import Param

        self._store.mkdir(parents=True, exist_ok=True)
        address = self._config.mlflow_uri or f"sqlite:///{(self._store / STORE).absolute()}"
        self._client = MlflowClient(tracking_uri=address)
        known = self._ids.get(self.name)
        if known is not None:
            self._client.update_run(known, status="RUNNING")
            self._run = known
            return
        experiment = self._client.get_experiment_by_name(self._config.project)
        number = experiment.experiment_id if experiment else self._client.create_experiment(self._config.project)
        self._run = self._client.create_run(number).info.run_id
        self._ids.keep(self.name, self._run)
        self._client.log_batch(self._run, params=[Param(name, str(value)) for name, value in parameters.items()])

    def curves(self, values: Mapping[str, float], axis: str, place: int) -> None:
        """Note figures at their place; those of steps under "step/", for MLflow knows one axis per name."""
        prefix = "step/" if axis == "step" else ""
        self._log({prefix + name: value for name, value in values.items()}, place)

    def final(self, values: Mapping[str, float]) -> None:
        """Note final figures, under "final/"."""
        self._log({f"final/{name}": value for name, value in values.items()}, 0)

    def tags(self, values: Mapping[str, str]) -> None:
        """Note names and hashes as tags."""
        for name, value in values.items():
            self._client.set_tag(self._run, name, value)

    def finish(self, outcome: str) -> None:
        """Set the run's end and status."""
        self._client.set_terminated(self._run, _STATUS[outcome])

    def _log(self, values: Mapping[str, float], step: int) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._client.log_batch(self._run, metrics=[Metric(name, value, now, step) for name, value in values.items()])
