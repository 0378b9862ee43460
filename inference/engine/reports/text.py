"""A report as Prometheus' text, for a Pushgateway or node_exporter's textfile collector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def as_prometheus(report: Mapping[str, Any]) -> str:
    """Every number of the report as a gauge named by its path, `pixelhub_report_…`; windows are left out."""
    kind = report["schema"].partition("/")[0].removeprefix("pixelhub.").removesuffix("_report")
    lines = []
    for name, value in report.items():
        if isinstance(value, Mapping):
            label = {"latency_ms": "quantile"}.get(name, "of")
            shown = [(f'{{{label}="{key}"}}', number) for key, number in value.items() if number is not None]
        else:
            shown = [("", value)] if isinstance(value, int | float) else []
        if shown:
            metric = f"pixelhub_report_{kind}_{name}"
            lines.append(f"# TYPE {metric} gauge")
            lines += [f"{metric}{labels} {number}" for labels, number in shown]
    metric = f"pixelhub_report_{kind}_alerts"
    lines.append(f"# TYPE {metric} gauge")
    levels = [alert["level"] for alert in report["alerts"]]
    lines += [f'{metric}{{level="{level}"}} {levels.count(level)}' for level in ("critical", "warning")]
    return "\n".join(lines) + "\n"
