"""How studies are put before people: charts, importance, the space in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from training_app.models import Study, Trial, TrialState


@dataclass(frozen=True)
class TrialRow:
    """A trial as its row shows it; `state` is "waiting" for one that would run if the study did."""

    trial: Trial
    state: str
    values: list[Any]
    is_best: bool


def trial_rows(study: Study, trials: Sequence[Trial], best: Trial | None) -> list[TrialRow]:
    """The rows of the table, values in the order of the space."""
    return [
        TrialRow(
            trial=trial,
            state="pending" if trial.state == TrialState.RUNNING and not study.is_active else str(trial.state),
            values=[trial.params.get(name, "") for name in study.space],
            is_best=best is not None and trial.number == best.number,
        )
        for trial in trials
    ]


def short_names(study: Study) -> list[str]:
    """The searched names without their section, for table heads."""
    return [name.rsplit(".", 1)[1].replace("_", " ") for name in study.space]


def space_rows(space: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each searched name with its values or its range in words."""
    return [(name, _in_words(values)) for name, values in space.items()]


def is_logarithmic(values: Any) -> bool:
    """Whether a parameter is shown on a logarithmic axis: a range says so, rates are so by nature."""
    if isinstance(values, dict):
        return bool(values.get("log"))
    numbers = [value for value in values if isinstance(value, float)]
    return len(numbers) == len(values) and min(numbers) > 0 and max(numbers) / min(numbers) >= 3


def charts_of(study: Study, trials: Sequence[Trial]) -> list[dict[str, str]]:
    """Title, address and description of the charts that have points."""
    grown = sum(len(trial.curve) for trial in trials)
    ended = sum(trial.value is not None for trial in trials)
    found = []
    if grown:
        title = "Validation macro F1 of every trial"
        found.append(_chart(study, "curves", title, f"{title}; the best one is the thick line", grown))
    if ended > 1:
        for index, name in enumerate(study.space):
            title = f"Macro F1 against {name}"
            found.append(_chart(study, f"parameter-{index}", title, f"{title}, {ended} trials", ended))
    return found


def importance_rows(study: Study) -> list[tuple[str, float]]:
    """How much of the value's variance each parameter explains, the most first; [] before the study's end."""
    result = study.job.result if study.job and study.job.result else {}
    return sorted(result.get("importance", {}).items(), key=lambda item: -item[1])


def _chart(study: Study, name: str, title: str, alt: str, grown: int) -> dict[str, str]:
    url = reverse("training:study_chart", args=[study.pk, name])
    return {"title": title, "url": f"{url}?points={grown}", "alt": alt}


def _in_words(values: Any) -> str:
    if isinstance(values, dict):
        return f"{values['low']:g} to {values['high']:g}" + (", on a logarithmic scale" if values.get("log") else "")
    return ", ".join(str(value) for value in values)
