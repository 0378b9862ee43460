"""How runs are put before people: their charts, their configuration as rows, what to do after a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from training_app.models import RunPoint, RunSample, RunState, TrainingRun

EPOCHS: Final = "epochs"
STEPS: Final = "steps"
MACHINE: Final = "machine"


@dataclass(frozen=True)
class Chart:
    """A chart of a run: its title, the legend of each curve, and where its points come from."""

    title: str
    curves: Mapping[str, str]
    source: str = EPOCHS

    @property
    def x_title(self) -> str:
        return {EPOCHS: "epoch", STEPS: "step", MACHINE: "minutes"}[self.source]


CHARTS: Final[dict[str, Chart]] = {
    "loss": Chart("Loss per epoch", {"train_loss": "train", "val_loss": "validation"}),
    "f1": Chart("Validation macro F1 per epoch", {"val_macro_f1": "macro F1"}),
    "steps": Chart("Loss per step", {"loss": "train"}, STEPS),
    "rate": Chart("Learning rate per step", {"learning_rate": "rate"}, STEPS),
    "speed": Chart("Tokens per second", {"tokens_per_second": "tokens"}, STEPS),
    "cpu": Chart("CPU, percent of one core", {"cpu_percent": "CPU"}, MACHINE),
    "memory": Chart("Memory, MB", {"rss_mb": "RAM", "gpu_mb": "GPU"}, MACHINE),
    "gpu": Chart("GPU, percent", {"gpu_percent": "GPU"}, MACHINE),
}


def charts_of(
    run: TrainingRun, epochs: Sequence[Mapping[str, float]], step: RunPoint | None, machine: RunSample | None
) -> list[dict[str, str]]:
    """Title, address and description of the charts that have points.

    What was measured last is part of an address, so that the browser fetches a chart again when it has grown.
    """
    last = epochs[0] if epochs else {}
    known: dict[str, tuple[Mapping[str, Any], str]] = {
        EPOCHS: (last, f"epoch={last.get('epoch')}"),
        STEPS: (step.values if step else {}, f"step={step.step if step else 0}"),
        MACHINE: (_figures(machine), f"sample={machine.pk if machine else 0}"),
    }
    found = []
    for name, chart in CHARTS.items():
        figures, version = known[chart.source]
        shown = {legend: figures[curve] for curve, legend in chart.curves.items() if figures.get(curve) is not None}
        if shown:
            said = ", ".join(f"{legend} {value:.4g}" for legend, value in shown.items())
            url = f"{reverse('training:run_chart', args=[run.pk, name])}?{version}"
            found.append({"title": chart.title, "url": url, "alt": f"{chart.title}; now {said}"})
    return found


def config_rows(config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The configuration as flat rows, without what the hub chooses itself."""
    rows: list[tuple[str, Any]] = []
    for part, values in config.items():
        if part != "output":
            rows += [(name, value) for name, value in _flat({part: values}) if value != ""]
    return rows


def advice_for(run: TrainingRun) -> str:
    """What to do with a run that ended without a version."""
    if run.shown_state == RunState.CANCELLED:
        return "Resume it to go on after its last whole epoch, or clone it to start anew with other values."
    if run.shown_state != RunState.FAILED or run.job is None:
        return ""
    if run.job.error.startswith("Refused"):
        return "Resuming would meet the same refusal: put right what it names, or clone the run and change it."
    return "Resume it to go on after its last whole epoch; clone it to start anew with other values."


def _flat(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in values.items():
        inner = _flat(value) if isinstance(value, dict) else None
        rows += [(name, value)] if not inner else [(f"{name}.{below}", it) for below, it in inner]
    return rows


def _figures(machine: RunSample | None) -> dict[str, Any]:
    if machine is None:
        return {}
    return {name: getattr(machine, name) for name in ("cpu_percent", "rss_mb", "gpu_percent", "gpu_mb")}
