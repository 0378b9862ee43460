"""Figures and alerts as the monitoring page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.drift import DriftState, FeatureDrift
from inference.engine.reports.rules import PERFORMANCE_RULES, Limits, Measure, State, state_of
from inference.models import Alert
from inference.presentation import reason_words
from inference.selectors_alerts import HUB_RULES, Judged
from inference.selectors_monitoring import Figures

__all__ = ["AlertRow", "Line", "alert_rows", "counts_of", "drift_rows", "figure_words", "lines_of", "version_rows"]

_PERFORMANCE: Final = frozenset(rule.name for rule in PERFORMANCE_RULES)
_VERDICTS: Final = {"crisis": "Crisis", "no_crisis": "No crisis", "unknown": "Unknown: a person must read it"}
_FEATURES: Final = {"score": "Score of the model", "characters": "Characters", "messages": "Messages"}
_DRIFT_STATES: Final = {
    DriftState.STEADY: ("ok", "As in validation"),
    DriftState.MOVED: ("watch", "Has moved"),
    DriftState.SHIFTED: ("warning", "Another population"),
    DriftState.TOO_FEW: ("not_enough_data", "Not enough data"),
    DriftState.NO_REFERENCE: ("not_enough_data", "No reference"),
}
_LEVELS: Final = {"none": "No alert"}
_EVENTS: Final = {
    "opened": "Cases opened",
    "raised": "Raised to a higher level",
    "alarm_again": "New alarm after an override",
    "escalated": "Escalated: a deadline passed",
    "verified": "Verified: true alarms",
    "overridden": "Overridden: false alarms",
    "closed": "Closed",
    "missed": "Missed crises reported",
}


@dataclass(frozen=True)
class Line:
    """A figure beside its limits. `rests` says what it was counted from."""

    judged: Judged
    value: str
    rests: str
    warning: str
    critical: str
    state: State
    interval: tuple[float, float] | None
    alert: Alert | None


@dataclass(frozen=True)
class DriftRow:
    """A feature in words; `tone` is the state whose badge it wears."""

    label: str
    feature: FeatureDrift
    tone: str
    state: str


@dataclass(frozen=True)
class AlertRow:
    """An alert in words."""

    alert: Alert
    judged: Judged
    value: str
    worst: str
    latest: str
    limit: str

    @property
    def tab(self) -> str:
        """The tab of the page that has the figure."""
        return "performance" if self.alert.rule in _PERFORMANCE else "safety"


def lines_of(figures: Figures, limits: dict[str, Limits], alerts: list[Alert], *, performance: bool) -> list[Line]:
    """The figures of a tab that have limits."""
    measures = figures.measures
    lasting = {alert.rule: alert for alert in alerts}
    return [
        _line(judged, measures[name], limits[name], lasting.get(name), figures)
        for name, judged in HUB_RULES.items()
        if (name in _PERFORMANCE) == performance
    ]


def alert_rows(alerts: list[Alert]) -> list[AlertRow]:
    """Alerts with their figures in words."""
    return [
        AlertRow(
            alert,
            HUB_RULES[alert.rule],
            *(figure_words(alert.rule, figure) for figure in (alert.value, alert.worst, alert.latest, alert.limit)),
        )
        for alert in alerts
        if alert.rule in HUB_RULES
    ]


def figure_words(rule: str, figure: float | None) -> str:
    """A figure in the unit of its rule: "6.2%", "213 ms", "2"."""
    if figure is None:
        return "–"
    if rule == "drift_psi":
        return f"{figure:.2f}"
    if HUB_RULES[rule].rule.is_share:
        return f"{figure * 100:.3g}%"
    return f"{figure:,.3g} ms" if rule == "p95_ms" and figure < 1000 else f"{figure:,.0f}{_unit(rule)}"


def counts_of(figures: Figures) -> dict[str, list[tuple[str, int]]]:
    """What the safety tab counts by name: alert levels from the gravest, verdicts, reasons, events of cases."""
    safety = figures.safety
    reasons = sorted(safety["degraded_reasons"].items(), key=lambda item: (-item[1], item[0]))
    return {
        "levels": [
            (_LEVELS.get(name, name.capitalize()), safety["alert_levels"].get(name, 0)) for name in ALERT_LEVELS
        ],
        "verdicts": [(words, safety["verdicts"].get(name, 0)) for name, words in _VERDICTS.items()],
        "reasons": [(reason_words(name), count) for name, count in reasons],
        "events": [(words, safety["events"].get(name, 0)) for name, words in _EVENTS.items()],
    }


def drift_rows(figures: Figures) -> list[DriftRow]:
    """Each feature of the version in production against its evaluation; none where no version is."""
    features = figures.drift.features if figures.drift else ()
    return [DriftRow(_FEATURES[each.feature], each, *_DRIFT_STATES[each.state]) for each in features]


def version_rows(figures: Figures) -> list[dict[str, Any]]:
    """Figures of each model version that answered, and of the rules where no model did."""
    return [
        {
            "name": "Rules alone" if version == "rules" else version,
            "share": found["degraded"] / found["requests"] if found["requests"] else None,
            **found,
        }
        for version, found in figures.versions.items()
    ]


def _line(judged: Judged, measure: Measure, limits: Limits, alert: Alert | None, figures: Figures) -> Line:
    name = judged.name
    rests = "" if measure.part is None else f"{measure.part:,} of {measure.of:,}"
    if name in ("p95_ms", "drift_psi") and measure.of:
        rests = f"{measure.of:,} answers"
    return Line(
        judged=judged,
        value=figure_words(name, measure.value),
        rests=rests,
        warning=figure_words(name, limits.warning),
        critical=figure_words(name, limits.critical),
        state=state_of(measure, judged.rule, limits),
        interval=figures.false_alarm_interval if name == "false_alarms_share" else None,
        alert=alert,
    )


def _unit(rule: str) -> str:
    return " ms" if rule == "p95_ms" else ""
