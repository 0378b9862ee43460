"""Prometheus' text format 0.0.4."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from pixelhub.metrics.catalogue import Kind, Metric

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition(metrics: Iterable[Metric], series: Mapping[tuple[str, ...], float]) -> str:
    """The metrics with their series in a steady order; one without labels that was never counted is 0."""
    by_name: defaultdict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for (name, *values), number in series.items():
        by_name[name][tuple(values)] = number
    return "".join(_of_metric(metric, by_name[metric.name]) for metric in metrics)


def _of_metric(metric: Metric, series: dict[tuple[str, ...], float]) -> str:
    lines = [f"# HELP {metric.name} {metric.help}", f"# TYPE {metric.name} {metric.kind}"]
    if metric.kind is Kind.HISTOGRAM:
        lines += _histograms(metric, series)
    else:
        if not series and metric.kind is Kind.COUNTER and not metric.labels:
            series = {(): 0.0}
        names = (*metric.labels, "worker") if metric.per_worker else tuple(metric.labels)
        lines += [f"{metric.name}{_labels(names, values)} {number(value)}" for values, value in sorted(series.items())]
    return "\n".join(lines) + "\n"


def _histograms(metric: Metric, series: dict[tuple[str, ...], float]) -> list[str]:
    parts: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for key, value in series.items():
        parts[key[:-1]][key[-1]] = value
    lines = []
    names = (*metric.labels, "le")
    for values, found in sorted(parts.items()):
        so_far = 0.0
        for place, bound in enumerate((*(number(bound) for bound in metric.buckets), "+Inf")):
            so_far += found.get(str(place), 0.0)
            lines.append(f"{metric.name}_bucket{_labels(names, (*values, bound))} {number(so_far)}")
        lines.append(f"{metric.name}_sum{_labels(names[:-1], values)} {number(found.get('sum', 0.0))}")
        lines.append(f"{metric.name}_count{_labels(names[:-1], values)} {number(so_far)}")
    return lines


def _labels(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = ",".join(f'{name}="{value}"' for name, value in zip(names, values, strict=True))
    return f"{{{pairs}}}" if pairs else ""


def number(value: float) -> str:
    """Whole numbers without a point."""
    return str(int(value)) if value == int(value) else repr(value)
