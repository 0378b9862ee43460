"""Two versions side by side: what differs in their making, their figures, and McNemar's test on the same test set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from training_app.learn.comparison import compare_predictions
from training_app.learn.wording import METRIC_NAMES, SHARES
from training_app.models import Evaluation, ModelVersion
from training_app.selectors import evaluation_of
from training_app.stored import predictions_of

__all__ = ["Comparison", "Differing", "MetricPair", "compare"]


@dataclass(frozen=True)
class Differing:
    """A fact and what it is for each of the two."""

    name: str
    first: Any
    second: Any


@dataclass(frozen=True)
class MetricPair:
    """A metric of both versions (None where one lacks it) and the second's value less the first's."""

    key: str
    name: str
    percent: bool
    first: dict[str, Any] | None
    second: dict[str, Any] | None
    difference: float | None


@dataclass(frozen=True)
class Comparison:
    """Everything that a comparison shows. `tests` is None where `no_test` says why there is none."""

    first: ModelVersion
    second: ModelVersion
    config: list[Differing]
    origin: list[Differing]
    speed: list[Differing]
    files: list[Differing]
    metrics: list[MetricPair]
    tests: dict[str, Any] | None
    no_test: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON types."""
        return {
            "first": self.first.version,
            "second": self.second.version,
            **{name: [asdict(row) for row in getattr(self, name)] for name in ("config", "origin", "speed", "files")},
            "metrics": [asdict(row) for row in self.metrics],
            "tests": self.tests,
            "no_test": self.no_test,
        }


def compare(first: ModelVersion, second: ModelVersion) -> Comparison:
    """Return the comparison of two versions of a project; the caller has checked that they may be seen."""
    evaluations = evaluation_of(first), evaluation_of(second)
    tests, no_test = _tests(first, second, *evaluations)
    return Comparison(
        first=first,
        second=second,
        config=_config(first.run.config, second.run.config),
        origin=_origin(first, second),
        speed=_speed(first, second),
        files=_files(first, second),
        metrics=_metrics(*evaluations),
        tests=tests,
        no_test=no_test,
    )


def _tests(
    first: ModelVersion, second: ModelVersion, one: Evaluation | None, other: Evaluation | None
) -> tuple[dict[str, Any] | None, str]:
    if first.pk == second.pk:
        return None, "it is the same version"
    for version, evaluation in ((first, one), (second, other)):
        if evaluation is None:
            return None, f"version {version.version} was never evaluated on a test set"
    if one is not None and other is not None and one.test_set_sha256 != other.test_set_sha256:
        return None, "they were evaluated on different test sets"
    answers = predictions_of(first), predictions_of(second)
    if not all(answers):
        return None, "the answers on the test set are not stored"
    return compare_predictions(*answers), ""


def _config(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Differing]:
    """The settings that differ, by their dotted names; what the hub chooses itself is left out."""
    flat = dict(_flat(one)), dict(_flat(other))
    names = [name for name in sorted({*flat[0], *flat[1]}) if not name.startswith("output.")]
    pairs = [Differing(name, flat[0].get(name, "not set"), flat[1].get(name, "not set")) for name in names]
    return [pair for pair in pairs if pair.first != pair.second]


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _origin(one: ModelVersion, other: ModelVersion) -> list[Differing]:
    def facts(version: ModelVersion) -> dict[str, Any]:
        lineage = version.lineage
        return {
            "state": version.get_state_display(),
            "kind": version.get_kind_display(),
            "made out of": version.derived_from.version if version.derived_from else "-",
            "release": version.release.version,
            "release manifest": lineage.get("release_manifest_sha256", ""),
            "code": lineage.get("code_version", ""),
            "seed": lineage.get("seed", ""),
            "encoder": lineage.get("encoder", {}).get("name", ""),
            "trained by": str(version.trainer),
            "best epoch": version.run.best_epoch,
            "threshold": version.threshold,
            "temperature": version.temperature,
        }

    return _pairs(facts(one), facts(other))


def _speed(one: ModelVersion, other: ModelVersion) -> list[Differing]:
    def facts(version: ModelVersion) -> dict[str, Any]:
        latency = version.run.validation.get("latency") or {}
        size = sum(int(entry.get("bytes", 0)) for entry in version.files.values())
        return {
            "latency p50, ms": latency.get("p50_ms", "-"),
            "latency p95, ms": latency.get("p95_ms", "-"),
            "bytes of all files": size,
            "training, s": version.run.validation.get("seconds", "-"),
        }

    return _pairs(facts(one), facts(other))


def _files(one: ModelVersion, other: ModelVersion) -> list[Differing]:
    def hashes(version: ModelVersion) -> dict[str, Any]:
        return {name: entry.get("sha256", "") for name, entry in version.files.items()}

    first, second = hashes(one), hashes(other)
    names = sorted({*first, *second})
    rows = [Differing(name, first.get(name, ""), second.get(name, "")) for name in names]
    return [Differing("bundle", one.bundle_sha256, other.bundle_sha256), *rows]


def _pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Differing]:
    return [Differing(name, one[name], other[name]) for name in one]


def _metrics(one: Evaluation | None, other: Evaluation | None) -> list[MetricPair]:
    found = [evaluation.metrics["metrics"] if evaluation else {} for evaluation in (one, other)]
    rows = []
    for key, name in METRIC_NAMES.items():
        first, second = found[0].get(key), found[1].get(key)
        if first is None and second is None:
            continue
        difference = round(second["value"] - first["value"], 6) if first and second else None
        rows.append(MetricPair(key, name, key in SHARES, first, second, difference))
    return rows
