"""Reads of runs: points of their curves, thinned for a chart; what they take of the machine; where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Role
from pixelhub.ui.actions import NextAction
from training_app.models import RunMetric, RunPoint, RunSample, RunState, Study, TrainingRun
from training_app.presentation_runs import EPOCHS, STEPS, Chart

MOST_POINTS: Final = 300
_SECONDS_PER_MINUTE: Final = 60.0


@dataclass(frozen=True)
class Origin:
    """Something that a run comes from or led to."""

    label: str
    name: str
    url: str


def chart_points(run: TrainingRun, chart: Chart) -> list[dict[str, Any]]:
    """Points {x, name, value} of a chart, at most MOST_POINTS per curve."""
    if chart.source == EPOCHS:
        metrics = RunMetric.objects.filter(run=run, name__in=chart.curves).order_by("epoch", "name")
        rows = [(row.epoch, {row.name: row.value}) for row in metrics]
    elif chart.source == STEPS:
        points = RunPoint.objects.filter(run=run).order_by("step").values_list("step", "values")
        rows = [(step, values) for step, values in points]
    else:
        samples = RunSample.objects.filter(run=run).order_by("id").values("at", *chart.curves)
        first = samples.first()
        rows = [
            ((sample["at"] - first["at"]).total_seconds() / _SECONDS_PER_MINUTE, sample) for sample in samples if first
        ]
    points_of = {name: [(x, row[name]) for x, row in rows if row.get(name) is not None] for name in chart.curves}
    return [{"x": x, "name": name, "value": value} for name, found in points_of.items() for x, value in _thinned(found)]


def last_point(run: TrainingRun) -> RunPoint | None:
    """What the run said last within an epoch."""
    return RunPoint.objects.filter(run=run).order_by("-step").first()


def machine_now(run: TrainingRun) -> RunSample | None:
    """What the run's processes took of their machine when last looked at."""
    return RunSample.objects.filter(run=run).order_by("-id").first()


def origins_of(run: TrainingRun) -> list[Origin]:
    """What a run comes from and the runs that were made from it."""
    found = []
    if run.study is not None:
        found.append(_origin("Best of study", run.study))
    if run.source_version is not None:
        found.append(Origin("From", f"version {run.source_version.version}", run.source_version.get_absolute_url()))
    if run.cloned_from is not None:
        found.append(_origin("Cloned from", run.cloned_from))
    return found + [_origin("Cloned as", clone) for clone in run.clones.order_by("-id")[:5]]


def next_actions(project: Project) -> list[NextAction]:
    """Runs that failed and were neither resumed nor cloned since."""
    failed = TrainingRun.objects.filter(project=project, state=RunState.FAILED, clones=None)
    count = failed.count()
    if not count:
        return []
    newest = failed.latest("pk")
    title, detail = "Look at a run that failed", f"{newest.name}: its page says why, and it can be resumed or cloned."
    return [NextAction(title, detail, newest.get_absolute_url(), 28, count, Role.ML_ENGINEER.value)]


def _origin(label: str, row: TrainingRun | Study) -> Origin:
    return Origin(label, row.name, row.get_absolute_url())


def _thinned(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    if len(points) <= MOST_POINTS:
        return points
    stride = -(-len(points) // (MOST_POINTS - 1))
    return [*points[::stride], points[-1]]
