"""Rules, dashboards and the page of metrics, as the tests of monitoring read them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.paths import PROJECT_ROOT

MONITORING = PROJECT_ROOT / "deploy" / "monitoring"
RULES = MONITORING / "pixelhub.rules.yml"
RULE_TESTS = sorted(MONITORING.glob("*.test.yml"))
DASHBOARDS = sorted((MONITORING / "dashboards").glob("*.json"))

#: A metric of ours or a recorded figure, with the selector that follows it.
_NAMED = re.compile(r"\b(pixelhub[_:][a-z0-9_:]+)(?:\{([^}]*)\})?")
_LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")
#: Labels that Prometheus itself gives.
GIVEN = {"job", "instance", "le"}


@cache
def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> set[str]:
    return {rule["record"] for rule in rules() if "record" in rule}


@cache
def dashboard(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def asked_by(path: Path) -> list[str]:
    """Every expression of a dashboard, with an interval in the place of Grafana's variable."""
    return [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in dashboard(path)["panels"]
        for target in panel.get("targets", [])
    ]


@cache
def documented() -> dict[str, tuple[str, set[str]]]:
    """Metric -> (type, labels), from the tables of docs/metrics.md."""
    page = (PROJECT_ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(pixelhub_\w+)` \| (\w+) \| ([^|]*) \|", page, flags=re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", re.sub(r"\([^)]*\)", "", labels)))) for name, kind, labels in rows}


def named_in(expression: str) -> Iterator[tuple[str, set[str]]]:
    """(metric or recorded figure, labels that are selected) for each time that one is named."""
    for name, selector in _NAMED.findall(expression):
        yield name, set(_LABEL.findall(selector))


def mistakes_in(expression: str) -> list[str]:
    """What an expression asks for and nobody documents: metrics, their parts and types, labels."""
    found = []
    known = set(GIVEN) | {"severity", "alertname"}
    for name, labels in named_in(expression):
        if name in recorded():
            (rule,) = (rule for rule in rules() if rule.get("record") == name)
            known |= {label for by in _GROUPED.findall(rule["expr"]) for label in re.findall(r"\w+", by)}
            known |= {
                label for metric, _ in named_in(rule["expr"]) for label in documented().get(metric, ("", set()))[1]
            }
            continue
        part = next((part for part in _HISTOGRAM_PARTS if name.endswith(part)), "")
        metric = name.removesuffix(part)
        kind, has = documented().get(metric if part else name, ("", set()))
        if not kind or (kind == "histogram") != bool(part):
            found.append(f"{name}: no such metric in docs/metrics.md")
        found += [f"{name}: has no label {label}" for label in sorted(labels - has - GIVEN)]
        known |= has
        counts = kind in ("counter", "histogram")
        over_time = re.search(rf"\b(?:rate|increase)\({re.escape(name)}\b", expression) is not None
        if over_time and not counts:
            found.append(f"{name}: rate or increase of a {kind}")
    grouped = {label for by in _GROUPED.findall(expression) for label in re.findall(r"\w+", by)}
    return found + [f"by ({label}): no metric of this expression has it" for label in sorted(grouped - known)]
