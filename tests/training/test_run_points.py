"""Points of steps and samples of the machine: seldom enough to write, few enough to draw, cheap to look at."""

import os
import subprocess
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pixelhub.jobs.models import Job
from tests.personas import World
from tests.trained import CONFIG, store_release
from tests.training.releases import simple_conversations, write_labelled_release
from training_app import services
from training_app.jobs import monitor as monitoring
from training_app.jobs.events import RunEvents
from training_app.jobs.machine import MachineMeter
from training_app.jobs.monitor import RunMonitor
from training_app.models import RunMetric, RunPoint, RunSample, TrainingRun
from training_app.presentation_runs import CHARTS
from training_app.selectors_runs import MOST_POINTS, chart_points


@pytest.fixture
def run(world: World, tmp_path: Path) -> TrainingRun:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    release = store_release(world.project, tmp_path / "release")
    return services.run_start(project=world.project, release=release, config=CONFIG, actor=world.user("ml_engineer"))


class Clock:
    """What a monitor takes for the time."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Quiet:
    """Stands for a job's context: steps commit, progress is noted."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.seen: list[tuple[Any, ...]] = []

    def step(self, **fields: Any) -> Any:
        return nullcontext()

    def progress(self, *figures: Any, **more: Any) -> None:
        self.seen.append(figures)


def test_a_run_of_a_day_leaves_thousands_of_points_not_a_hundred_thousand(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr(monitoring, "monotonic", clock)
    context = Quiet(run.job)
    monitor = RunMonitor(context, run)  # type: ignore[arg-type]
    written: list[int] = []
    monkeypatch.setattr(monitoring.services, "run_points_record", lambda **point: written.append(point["step"]))
    monkeypatch.setattr(MachineMeter, "sample", lambda self, pid: {"rss_mb": 1.0})
    events = RunEvents(context, run, on_point=monitor.point)  # type: ignore[arg-type]
    for second in range(24 * 3600):
        clock.now = 1000.0 + second
        events(f'{{"event": "point", "step": {second}, "total_steps": 90000, "epoch": 1, "loss": 0.5}}')
        monitor.on_tick(1)
    assert written[:100] == list(range(100)), "every second at first"
    assert 1000 < len(written) < 7000
    assert written[-1] > 24 * 3600 - 100
    assert context.seen[-1] == (24 * 3600 - 1, 90000)


def test_a_meter_sees_memory_and_cpu_of_a_process(tmp_path: Path) -> None:
    meter = MachineMeter()
    first = meter.sample(os.getpid())
    assert first["rss_mb"] > 10
    assert "cpu_percent" not in first
    total = sum(index * index for index in range(2_000_000))
    second = meter.sample(os.getpid())
    assert total > 0
    assert 0 < second["cpu_percent"] < 3000


def test_a_process_that_has_ended_leaves_no_sample_of_zeros() -> None:
    meter = MachineMeter()
    meter.sample(os.getpid())
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert meter.sample(child.pid) == {}, "ended, and still in the table of processes"
    child.wait()
    assert meter.sample(child.pid) == {}, "gone"


def fill(run: TrainingRun, *, epochs: int, steps: int) -> None:
    now = timezone.now()
    history = [
        {"epoch": epoch, "train_loss": 1.0 / epoch, "val_loss": 1.1 / epoch, "val_macro_f1": 0.5}
        for epoch in range(1, epochs + 1)
    ]
    services.run_metrics_record(run=run, history=history)
    values = {"loss": 0.25, "learning_rate": 1e-3}
    RunPoint.objects.bulk_create(RunPoint(run=run, step=step, at=now, values=values) for step in range(steps))
    RunSample.objects.bulk_create(
        RunSample(run=run, at=now + timedelta(seconds=second), cpu_percent=50.0, rss_mb=800.0)
        for second in range(steps)
    )


def test_charts_are_thinned_and_the_page_asks_no_more_of_a_long_run(world: World, run: TrainingRun) -> None:
    client = world.client("ml_engineer")
    fill(run, epochs=2, steps=3)
    client.get(run.get_absolute_url())
    with CaptureQueriesContext(connection) as few:
        client.get(run.get_absolute_url())
    for rows in (RunMetric, RunPoint, RunSample):
        rows.objects.filter(run=run).delete()
    fill(run, epochs=60, steps=1000)
    with CaptureQueriesContext(connection) as many:
        page = client.get(run.get_absolute_url()).content.decode()
    assert len(many) <= len(few) <= 26
    for name in ("loss", "f1", "steps", "rate", "cpu", "memory"):
        assert f"/{name}.svg?" in page
        found = chart_points(run, CHARTS[name])
        assert 0 < len(found) <= MOST_POINTS * len(CHARTS[name].curves)
        if CHARTS[name].source != "epochs":
            assert found[-1]["x"] > found[0]["x"]
    for name in ("speed", "gpu"):
        assert f"/{name}.svg?" not in page, "what nobody measured is not drawn"
    svg = client.get(f"{run.get_absolute_url()}steps.svg")
    assert svg.headers["Content-Security-Policy"] == "default-src 'none'"
    assert b"step" in svg.content
    assert world.client("annotator").get(f"{run.get_absolute_url()}cpu.svg").status_code == 403
