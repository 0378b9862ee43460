"""Alerts of a project, and the limits that its figures are held to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inference.engine.drift import SHIFTED
from inference.engine.reports.rules import PERFORMANCE_RULES, SAFETY_RULES, Limits, Rule
from inference.models import Alert, AlertLimits
from inference.selectors_monitoring import WINDOWS

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

__all__ = ["HUB_RULES", "Judged", "alerts_ended", "alerts_open", "limits_history", "limits_of"]

_OVERDUE: Final = Rule("cases_overdue", Limits(None, 0), enough=0)
_DRIFT: Final = Rule("drift_psi", Limits(SHIFTED, None), enough=0)


@dataclass(frozen=True)
class Judged:
    """A rule as the hub judges by it: what people read, over which window (a key of WINDOWS)."""

    rule: Rule
    label: str
    over: str
    runbook: str

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @property
    def over_words(self) -> str:
        """What alerts are judged over, in words."""
        return "now" if self.name == _OVERDUE.name else f"the last {WINDOWS[self.over].label}"


_SAID: Final = {
    "missed": ("Missed crises", "24h", "MissedCrisis"),
    "degraded_share": ("Degraded answers", "1h", "DegradedAnswers"),
    "gate_violations_share": ("Replies that break a safety gate", "24h", "SafetyEventsRising"),
    "bias_findings_share": ("Replies that show bias", "24h", "SafetyEventsRising"),
    "invalid_content_share": ("Requests that can't be read", "1h", "ScoringErrors"),
    "false_alarms_share": ("False alarms", "7d", "SafetyEventsRising"),
    "cases_overdue": ("Overdue cases", "1h", "CasesOverdue"),
    "drift_psi": ("Drift from validation", "24h", "Drift"),
    "p95_ms": ("p95 of answer time", "1h", "ScoringSlow"),
    "server_error_share": ("Conversations without an answer", "1h", "ScoringErrors"),
}
#: In the order in which the page lists them.
HUB_RULES: Final[Mapping[str, Judged]] = {
    rule.name: Judged(rule, *_SAID[rule.name]) for rule in (*SAFETY_RULES, _OVERDUE, _DRIFT, *PERFORMANCE_RULES)
}
_LISTED: Final = 50


def limits_of(project: Project) -> dict[str, Limits]:
    """The limits in force, by rule: the newest version's, and the rules' own where it has none."""
    newest = AlertLimits.objects.filter(project=project).first()
    changed = newest.limits if newest else {}
    return {
        name: Limits(*changed[name]) if name in changed else judged.rule.limits for name, judged in HUB_RULES.items()
    }


def limits_history(project: Project) -> list[AlertLimits]:
    """All versions, newest first."""
    return list(AlertLimits.objects.filter(project=project).select_related("created_by"))


def alerts_open(project: Project) -> list[Alert]:
    """Those that last, critical ones first, then the oldest."""
    found = Alert.objects.filter(project=project, ended_at=None).select_related("acknowledged_by")
    return sorted(found, key=lambda alert: (alert.level != Alert.Level.CRITICAL, alert.opened_at))


def alerts_ended(project: Project) -> list[Alert]:
    """The newest that are over."""
    ended = Alert.objects.filter(project=project, ended_at__isnull=False).select_related("acknowledged_by")
    return list(ended.order_by("-ended_at", "-pk")[:_LISTED])
