"""How safe answers were: verdicts, degraded answers, raised floors, gate violations, and what people found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from inference.engine.reports.lines import Line
from inference.engine.reports.rules import Measure, alerts_of, share

#: Names that an event, a reason or a level may have here; another one counts as "other", so no line's words get out.
EVENTS: Final = frozenset(
    {"opened", "raised", "alarm_again", "escalated", "verified", "overridden", "closed", "missed"}
)
_VERDICTS: Final = frozenset({"crisis", "no_crisis", "unknown"})
_LEVELS: Final = frozenset({"emergency", "urgent", "severe", "concern", "none"})
_REASONS: Final = frozenset(
    {"no_deployment", "model_loading", "ledger_unreachable", "model_slow", "model_stuck", "model_failed", "stopping"}
    | {"rules_failed", "refused", "unreachable", "window_incomplete", "window_lost", "session_unavailable"}
)
#: Statuses of a refused request that could not be read.
INVALID_STATUS: Final = frozenset({400, 413, 415, 422})


def safety_report(lines: Iterable[Line | None]) -> dict[str, Any]:
    """Counts over a log, and alerts (`rules`): a single missed crisis is one, shares need twenty answers."""
    verdicts, levels, reasons, events = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    counts = dict.fromkeys(("answers", "degraded", "raised_by_rules", "gate_violations", "bias_findings"), 0)
    unreadable = invalid = requests = 0
    for line in lines:
        if line is None:
            unreadable += 1
        elif line.event:
            events[_known(line.event, EVENTS)] += 1
        else:
            requests += 1
            invalid += line.answer is None and line.status in INVALID_STATUS
            if line.answer is not None:
                _count(line.answer, counts)
                verdicts[_known(line.answer.get("verdict"), _VERDICTS)] += 1
                levels[_known(line.answer.get("alert_level"), _LEVELS)] += 1
                if line.answer.get("degraded"):
                    reasons.update(reasons_in(line.answer.get("reason")))
    report = {
        "schema": "pixelhub.safety_report/1",
        "unreadable_lines": unreadable,
        "requests": requests,
        "invalid_content": invalid,
        **counts,
        "verdicts": dict(sorted(verdicts.items())),
        "alert_levels": dict(sorted(levels.items())),
        "degraded_reasons": dict(sorted(reasons.items())),
        "events": dict(sorted(events.items())),
    }
    lines_read = unreadable + requests + events.total()
    measures = [*safety_measures(report), share("unreadable_lines_share", unreadable, lines_read)]
    return {**report, "alerts": alerts_of(measures)}


def safety_measures(report: Mapping[str, Any]) -> list[Measure]:
    """The figures of a report that have rules, in their order. A report of the hub has the same parts."""
    events = report["events"]
    missed, false = events.get("missed", 0), events.get("overridden", 0)
    answers = report["answers"]
    return [
        Measure("missed", missed, missed),
        *(share(f"{what}_share", report[what], answers) for what in ("degraded", "gate_violations", "bias_findings")),
        share("invalid_content_share", report["invalid_content"], report["requests"]),
        share("false_alarms_share", false, events.get("verified", 0) + false),
    ]


def reasons_in(given: Any) -> list[str]:
    """The known names in an answer's reason, "other" for each unknown one."""
    return [_known(reason.partition(":")[0], _REASONS) for reason in str(given or "").split(", ")]


def _count(answer: Mapping[str, Any], counts: dict[str, int]) -> None:
    counts["answers"] += 1
    counts["degraded"] += bool(answer.get("degraded"))
    counts["raised_by_rules"] += bool(answer.get("raised_by_rules"))
    safety = answer.get("safety")
    counts["gate_violations"] += bool(isinstance(safety, dict) and safety.get("reasons"))
    counts["bias_findings"] += bool(answer.get("bias_findings"))


def _known(name: Any, allowed: frozenset[str]) -> str:
    return name if isinstance(name, str) and name in allowed else "other"
