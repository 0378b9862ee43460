"""Whether what a version in production scores still looks like what it was evaluated on. Counts alone, no text.

The reference lies in the version's evaluation on its test split; production is the last day of the score log: what
clients asked for and the model itself answered (no console, no answer of the rules alone). The work does not grow with
the log: of each half hour at most its first thousand answers are counted, by the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from inference.engine.drift import FEATURES, DriftState, FeatureDrift, Histogram, compared
from inference.models import Deployment, ScoreLog
from pixelhub.accounts.models import Project
from pixelhub.metrics import catalogue as known
from pixelhub.metrics.catalogue import Metric
from training_app.models import Evaluation, ModelVersion

__all__ = ["KEPT", "MOST_OF_A_SLICE", "WINDOW", "Drift", "drift_facts", "drift_of", "drift_of_project"]

WINDOW: Final = timedelta(days=1)
_SLICE: Final = timedelta(minutes=30)
MOST_OF_A_SLICE: Final = 1000
#: How long a process tells a drift again before it asks anew.
KEPT: Final = timedelta(minutes=5)
#: Feature -> column of the score log.
_COLUMNS: Final = {"score": "model_score", "characters": "characters", "messages": "messages"}


@dataclass(frozen=True)
class Drift:
    """One version in production, over [since, until). `sampled` where half hours had more answers than are counted."""

    deployment: Deployment
    since: datetime
    until: datetime
    answers: int
    sampled: bool
    features: tuple[FeatureDrift, ...]

    @property
    def state(self) -> DriftState:
        """The gravest of the features' states; of one that can't be told, why."""
        return max((feature.state for feature in self.features), key=list(DriftState).index)


def drift_of_project(project: Project, now: datetime | None = None) -> Drift | None:
    """The drift of what is in production, at most KEPT old; None where nothing is."""
    deployment = Deployment.objects.filter(project=project, retired_at=None).select_related("model_version").first()
    return None if deployment is None else _kept(deployment, now or timezone.now())


def drift_of(deployment: Deployment, now: datetime) -> Drift:
    """The drift of one deployment over the day before `now`, asked of the database."""
    references = _references(deployment.model_version)
    since, start = now - WINDOW, now - WINDOW
    counted = {name: [0] * (len(found.edges) + 1) for name, found in references.items()}
    answers, sampled = 0, False
    while start < now:
        end = min(start + _SLICE, now)
        found = _counts(_answers(deployment, start, end), references)
        answers += found["answers"]
        sampled = sampled or found["answers"] == MOST_OF_A_SLICE
        for name, counts in counted.items():
            below = [*(found[f"{name}_{place}"] for place in range(len(counts) - 1)), found[f"{name}_all"]]
            for place, upto in enumerate(below):
                counts[place] += upto - (below[place - 1] if place else 0)
        start = end
    features = tuple(
        compared(name, reference, Histogram(reference.edges, tuple(counted[name])) if reference else None)
        for name in FEATURES
        for reference in (references.get(name),)
    )
    return Drift(deployment, since, now, answers, sampled, features)


def drift_facts(now: datetime) -> Iterator[tuple[Metric, dict[str, str], float]]:
    """The largest index of each feature over what is in production; none where nothing can be said.

    Once in production a version is asked anew every KEPT, one a call at the most, so that a scrape never waits long.
    """
    active = list(Deployment.objects.filter(retired_at=None).select_related("model_version").order_by("pk"))
    identities = {_identity(deployment) for deployment in active}
    for old in [known_one for known_one in list(_known) if known_one not in identities]:
        _known.pop(old, None)
    if active:
        _kept(min(active, key=_last_asked), now)
    worst: dict[str, float] = {}
    for drift in list(_known.values()):
        for feature in drift.features:
            if feature.psi is not None:
                worst[feature.feature] = max(feature.psi, worst.get(feature.feature, 0.0))
    for name, value in worst.items():
        yield known.DRIFT, {"feature": name}, value


_Identity = tuple[int, str, datetime]
_known: dict[_Identity, Drift] = {}


def _identity(deployment: Deployment) -> _Identity:
    return deployment.pk, deployment.bundle_sha256, deployment.activated_at


def _is_fresh(drift: Drift, now: datetime) -> bool:
    return now - KEPT < drift.until <= now


def _last_asked(deployment: Deployment) -> float:
    drift = _known.get(_identity(deployment))
    return drift.until.timestamp() if drift else 0.0


def _kept(deployment: Deployment, now: datetime) -> Drift:
    drift = _known.get(_identity(deployment))
    if drift is None or not _is_fresh(drift, now):
        drift = _known[_identity(deployment)] = drift_of(deployment, now)
    return drift


def _references(version: ModelVersion) -> dict[str, Histogram]:
    """Of each feature that the version's evaluation recorded; none of versions from before it did."""
    metrics = Evaluation.objects.filter(model_version=version, split="test").values_list("metrics", flat=True).first()
    given = metrics.get("reference") if isinstance(metrics, dict) else None
    if not isinstance(given, dict):
        return {}
    return {name: found for name in FEATURES if (found := Histogram.read(given.get(name))) is not None}


def _answers(deployment: Deployment, start: datetime, end: datetime) -> QuerySet[ScoreLog]:
    """The first answers of a stretch that count: the model's own, to clients."""
    own = Q(deployment=deployment, model_score__isnull=False, scored_by=None)
    window = Q(project_id=deployment.project_id, at__gte=start, at__lt=end)
    return ScoreLog.objects.filter(window, own).order_by("at", "pk")[:MOST_OF_A_SLICE]


def _counts(answers: QuerySet[ScoreLog], references: dict[str, Histogram]) -> dict[str, int]:
    """How many there are, and of each feature how many up to each edge: one pass of the database."""
    asked = {"answers": Count("pk")}
    for name, reference in references.items():
        column = _COLUMNS[name]
        asked[f"{name}_all"] = Count(column)
        for place, edge in enumerate(reference.edges):
            asked[f"{name}_{place}"] = Count("pk", filter=Q(**{f"{column}__lte": edge}))
    found: dict[str, int] = answers.aggregate(**asked)
    return found
