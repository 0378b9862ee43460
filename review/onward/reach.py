"""What rests on a set of releases: runs, versions, times in production, and the count of scores. Rows and ids only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count, Q
from django.urls import reverse

from datasets_app.models import LabelSnapshot, Release
from inference.models import Deployment, ScoreLog
from training_app.models import ModelVersion, TrainingRun

__all__ = ["MOST", "Fact", "Held", "Onward", "Period", "Used", "page_of", "reach_of", "versions_reach", "with_derived"]

#: So many rows of a kind are shown, the newest; how many there are is always said.
MOST: Final = 100
_GENERATIONS: Final = 10  # a student of a student of ...: where a chain ends that has no end


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with a value, and the page of what the value names."""

    name: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A release that holds it, and in which split; `split` is "" where what is asked for is no single record."""

    release: Release
    split: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """A run, and what it did with it: learned from it, chose by it or was measured with it."""

    run: TrainingRun
    uses: str


@dataclass(frozen=True, slots=True)
class Period:
    """One time in production, and how many scores were answered in it."""

    deployment: Deployment
    scores: int


@dataclass(frozen=True, slots=True)
class Onward:
    """Everything that rests on one thing. `rests_on` is one step back; `counts` say how many there are of each kind,
    also where only the newest are listed. `notes` are what could not be found out, and what was left out and why."""

    kind: str
    pk: str
    name: str
    facts: tuple[Fact, ...]
    rests_on: tuple[Fact, ...] = ()
    snapshots: tuple[LabelSnapshot, ...] = ()
    releases: tuple[Held, ...] = ()
    runs: tuple[Used, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    periods: tuple[Period, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def scores(self) -> int:
        return self.counts.get("scores", 0)

    def as_dict(self) -> dict[str, Any]:
        """As the command prints it with --json."""
        return {
            "kind": self.kind,
            "id": self.pk,
            "name": self.name,
            "facts": [{"name": fact.name, "value": fact.value} for fact in self.facts],
            "rests_on": [{"name": fact.name, "value": fact.value} for fact in self.rests_on],
            "counts": self.counts,
            "snapshots": [{"number": each.number, "sha256": each.sha256} for each in self.snapshots],
            "releases": [
                {"version": held.release.version, "split": held.split, "manifest_sha256": held.release.manifest_sha256}
                for held in self.releases
            ],
            "runs": [{"id": used.run.pk, "name": used.run.name, "uses": used.uses} for used in self.runs],
            "versions": [
                {"version": each.version, "state": each.state, "bundle_sha256": each.bundle_sha256}
                for each in self.versions
            ],
            "production": [
                {
                    "version": period.deployment.model_version.version,
                    "from": period.deployment.activated_at.isoformat(timespec="seconds"),
                    "until": retired.isoformat(timespec="seconds") if retired else None,
                    "scores": period.scores,
                }
                for period in self.periods
                for retired in [period.deployment.retired_at]
            ],
            "notes": list(self.notes),
        }


_USES: Final = {
    "train": "learned from it",
    "val": "chose its threshold and its best epoch with it",
    "test": "was measured with it",
    "": "learned from it",
}


def reach_of(releases: Sequence[Held]) -> dict[str, Any]:
    """The fields of an `Onward` from its releases on."""
    splits = {held.release.pk: held.split for held in releases}
    runs = TrainingRun.objects.filter(release__in=splits).order_by("-pk")
    shown = [Used(run, _USES.get(splits[run.release_id], _USES[""])) for run in runs.select_related("release")[:MOST]]
    versions = with_derived(ModelVersion.objects.filter(Q(release__in=splits) | Q(run__release__in=splits)))
    counts = {"releases": len(splits), "runs": runs.count()}
    return {"releases": tuple(releases), "runs": tuple(shown), **versions_reach(versions, counts)}


def versions_reach(versions: Iterable[int], counts: dict[str, int]) -> dict[str, Any]:
    """The fields of an `Onward` from its versions on, by their keys; `counts` are those of what lies before."""
    keys = list(versions)
    rows = ModelVersion.objects.filter(pk__in=keys).order_by("-pk")
    deployments = Deployment.objects.filter(model_version__in=keys)
    served = dict(
        ScoreLog.objects.filter(deployment__in=deployments)
        .order_by()
        .values_list("deployment")
        .annotate(scores=Count("pk"))
    )
    shown = deployments.select_related("model_version").order_by("-activated_at", "-pk")[:MOST]
    periods = tuple(Period(deployment, served.get(deployment.pk, 0)) for deployment in shown)
    counts = counts | {"versions": len(keys), "production": deployments.count(), "scores": sum(served.values())}
    return {"versions": tuple(rows[:MOST]), "periods": periods, "counts": counts}


def with_derived(versions: Any) -> list[int]:
    """The keys of versions, and of those made out of them: students and exports, and theirs."""
    found = set(versions.values_list("pk", flat=True))
    newest = found
    for _ in range(_GENERATIONS):
        newest = set(ModelVersion.objects.filter(derived_from__in=newest).values_list("pk", flat=True)) - found
        if not newest:
            break
        found |= newest
    return sorted(found)


def page_of(kind: str, pk: int) -> str:
    """The page of evidence of something of this kind."""
    return reverse(f"review:evidence_{kind}", args=[pk])
