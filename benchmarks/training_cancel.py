"""How long a training goes on after somebody has asked it to stop: heads on kept embeddings, and the whole encoder.

    python -m benchmarks.training_cancel                    # ten of each
    python -m benchmarks.training_cancel --runs 3 --method full

A real worker trains; at a moment drawn by the seed, in the middle of an epoch, the run is cancelled as the page
does it. Measured from there: until the run's row says cancelled, and until none of its processes is left. Target:
five seconds. Prints one JSON document; ends with 1 where a run took longer or ended otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from benchmarks.reliability.figures import end_in_order
from benchmarks.reliability.worker_kills import configure
from tests.jobs.waiting import until
from tests.migrated import copy_sqlite

METHODS: Final = ("cached", "full")
TARGET_SECONDS: Final = 5.0
#: Later than the first epoch by up to so much: an epoch of the whole encoder takes some seconds here.
LATER_SECONDS: Final = 3.0
_FOR_EVER: Final = 1000


def measure(methods: list[str], runs: int, seed: int, url: str, folder: Path) -> list[dict[str, Any]]:
    """Start, cancel and watch `runs` trainings of each method, one after the other, on one worker."""
    from benchmarks.reliability.worker_jobs import CONFIG, Trainings
    from tests.e2e.hubrig import HubRig

    trainings, rng, rig = Trainings(), random.Random(seed), HubRig(url, folder, JOBS_GPU_WORKERS="1")
    endless = {**CONFIG["optimisation"], "epochs": _FOR_EVER, "patience": _FOR_EVER}
    rig.queue = "gpu"
    figures = []
    try:
        rig.start()
        for method in methods:
            config = {**CONFIG, "model": {**CONFIG["model"], "method": method}, "optimisation": endless}
            stops = [_stop(rig, trainings.started(config), rng.uniform(0, LATER_SECONDS)) for _ in range(runs)]
            told, gone, states = zip(*stops, strict=True)
            figures.append({
                "method": method, "runs": runs, "seed": seed, "cores": os.cpu_count(), "told_seconds": _spread(told),
                "gone_seconds": _spread(gone), "states": sorted(set(states)),
                "holds": set(states) == {"cancelled"} and max(gone) <= TARGET_SECONDS,
            })  # fmt: skip
        rig.stop()
    finally:
        rig.end()
    return figures


def _stop(rig: Any, job: Any, later: float) -> tuple[float, float, str]:
    """Cancel a run `later` seconds after its first epoch: seconds until it is told, until it is gone, and its state."""
    from pixelhub.jobs.models import FINAL_STATES
    from training_app.models import RunMetric, TrainingRun
    from training_app.services import run_cancel

    run = TrainingRun.objects.get(job=job)
    until(RunMetric.objects.filter(run=run).exists, what="the first epoch is over", seconds=300)
    time.sleep(later)
    asked = time.monotonic()
    run_cancel(run=run, actor=run.started_by)
    rig.wait_for(job, *FINAL_STATES)
    told = time.monotonic() - asked
    until(lambda: not _processes(rig, job.pk), what="its processes are gone")
    gone = time.monotonic() - asked
    run.refresh_from_db()
    return told, gone, str(run.state)


def _processes(rig: Any, job: int) -> list[str]:
    return [line for line in rig.processes().values() if f"run_job {job} " in line or "training_app.learn" in line]


def _spread(seconds: tuple[float, ...]) -> dict[str, float]:
    return {"median": round(statistics.median(seconds), 2), "worst": round(max(seconds), 2)}


def main() -> int:
    """Measure each method on a fresh database; the exit status says whether all stopped in time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--method", choices=METHODS, nargs="+", default=list(METHODS))
    parser.add_argument("--runs", type=int, default=10, help="of each method")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory(prefix="pixelhub-cancel-") as name:
        folder = Path(name)
        copy_sqlite(folder / "hub.sqlite3")
        url = f"sqlite:///{folder / 'hub.sqlite3'}"
        configure(url, folder)
        figures = measure(options.method, options.runs, options.seed, url, folder)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0 if all(figure["holds"] for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
