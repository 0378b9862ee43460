"""The rules of the reports and of the hub's monitoring page: what is measured, and past what somebody has to look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class State(StrEnum):
    """How a figure stands."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    NOT_ENOUGH_DATA = "not_enough_data"


@dataclass(frozen=True)
class Limits:
    """Past which a figure is a warning or critical; None where it never is."""

    warning: float | None
    critical: float | None


@dataclass(frozen=True)
class Rule:
    """`enough` is how many cases a figure needs before it is judged: below, a share or a p95 says little."""

    name: str
    limits: Limits
    enough: int = 20

    @property
    def is_share(self) -> bool:
        """Its figure is between 0 and 1."""
        return self.name.endswith("_share")


@dataclass(frozen=True)
class Measure:
    """A figure under a rule's name; `value` is None where there is nothing to measure, `of` how many it rests on."""

    name: str
    value: float | None
    of: int
    part: int | None = None


def _rule(name: str, warning: float | None, critical: float | None = None, enough: int = 20) -> Rule:
    return Rule(name, Limits(warning, critical), enough)


#: Of a safety report, in the order of its alerts.
SAFETY_RULES: Final = (
    _rule("missed", None, 0, enough=0),
    _rule("degraded_share", 0.05),
    _rule("gate_violations_share", 0.02),
    _rule("bias_findings_share", 0.02),
    _rule("invalid_content_share", 0.05),
    _rule("false_alarms_share", 0.5),
)
#: Of a performance report: requirement I9.
PERFORMANCE_RULES: Final = (_rule("p95_ms", 200.0, 800.0), _rule("server_error_share", None, 0.05))
#: Of a file: a report over lines that nobody can read would look calm.
FILE_RULES: Final = (_rule("unreadable_lines_share", 0.05, enough=1),)
RULES: Final[Mapping[str, Rule]] = {rule.name: rule for rule in (*SAFETY_RULES, *PERFORMANCE_RULES, *FILE_RULES)}


def share(name: str, part: int, of: int) -> Measure:
    """`part` in `of`."""
    return Measure(name, part / of if of else None, of, part)


def state_of(measure: Measure, rule: Rule, limits: Limits) -> State:
    """How this figure stands under these limits."""
    if measure.value is None or measure.of < rule.enough:
        return State.NOT_ENOUGH_DATA
    if limits.critical is not None and measure.value > limits.critical:
        return State.CRITICAL
    if limits.warning is not None and measure.value > limits.warning:
        return State.WARNING
    return State.OK


def alerts_of(measures: Iterable[Measure]) -> list[dict[str, Any]]:
    """The figures past the limits that the rules begin with, as a report tells them."""
    alerts = []
    for measure in measures:
        rule = RULES[measure.name]
        state = state_of(measure, rule, rule.limits)
        if state in (State.WARNING, State.CRITICAL) and measure.value is not None:
            limit = rule.limits.critical if state is State.CRITICAL else rule.limits.warning
            value = round(measure.value, 6) if rule.is_share else measure.value
            alerts.append({"level": str(state), "what": measure.name, "value": value, "limit": limit})
    return alerts
