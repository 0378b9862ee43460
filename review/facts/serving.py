"""Figures of review and of serving: judged cases, sign-offs, deployments, latency."""

from __future__ import annotations

from math import ceil, floor, sqrt

from django.urls import reverse

from inference.models import Deployment, ScoreLog
from inference.selectors_integration import latest_run
from pixelhub.accounts.models import Project
from review.evidence.estimates import Z95
from review.facts.fact import Fact, unknown
from review.models import Campaign, Judgement, SignOff
from training_app.models import ModelVersion

__all__ = ["serving_facts"]

#: Latency is taken over the newest answers; below the minimum a 95th percentile says nothing.
LATENCY_WINDOW = 5000
LATENCY_MINIMUM = 60
QUANTILE = 0.95
HEALTH_WINDOW = 200


def serving_facts(project: Project, version: ModelVersion | None = None) -> dict[str, Fact]:
    """Figures of serving, and of the review of one version."""
    campaigns_url = reverse("review:campaigns")
    deployments_url = reverse("inference:deployments")
    active = Deployment.objects.filter(project=project, retired_at=None).first()
    answered = ScoreLog.objects.filter(project=project, degraded=False)
    judged = (
        Judgement.objects.filter(case__campaign__model_version=version, judged_at__isnull=False)
        .values("case__record")
        .distinct()
        .count()
        if version
        else 0
    )
    return {
        "judged_cases": Fact(
            judged, f"cases of version {version.version} judged" if version else "", url=campaigns_url
        ),
        "signoffs": _signoffs(version, campaigns_url),
        "deployments": Fact(1 if active else 0, "version in production", url=deployments_url),
        "model_scores": Fact(answered.count(), "answers by a signed model", url=reverse("inference:scores")),
        "healthy_answers": _healthy(active),
        "latency_p95": _latency(project),
        **_integration(project),
    }


def _healthy(active: Deployment | None) -> Fact:
    """The share of the newest answers that the model in production gave, and not the rules in its place."""
    url = f"{reverse('inference:scores')}?only=degraded"
    if active is None:
        return unknown("no version is in production", url)
    since = ScoreLog.objects.filter(project=active.project_id, at__gte=active.activated_at)
    newest = list(since.order_by("-at").values_list("degraded", flat=True)[:HEALTH_WINDOW])
    if not newest:
        return unknown("the version in production was asked nothing yet", url)
    answered = newest.count(False)
    return Fact(answered / len(newest), f"{answered:,} of the last {len(newest):,} answers by the model", url=url)


def _integration(project: Project) -> dict[str, Fact]:
    """What the suite found against the version in production now."""
    run, url = latest_run(project), reverse("review:integration_runs")
    if run is None:
        nothing = unknown("no recorded run of the integration suite against the version in production", url)
        return {"integration_tests": nothing, "concurrent_clients": nothing}
    at = f"{run.at:%d %b %Y}"
    held = Fact(run.clients, f"clients at once, none lost, {at}", url=url)
    return {
        "integration_tests": Fact(run.passed, f"of {run.total} passed, {at}", url=url),
        "concurrent_clients": held if run.clients else unknown("the last load run lost some", url),
    }


def _signoffs(version: ModelVersion | None, url: str) -> Fact:
    """Approvals of the version; a refusal leaves none."""
    if version is None:
        return unknown("there is no version to review yet", url)
    signoffs = SignOff.objects.filter(model_version=version)
    if not signoffs.exists():
        closed = Campaign.objects.filter(model_version=version, state=Campaign.State.CLOSED).exists()
        waits = "waits for a clinical lead's decision" if closed else "waits for a review campaign"
        return Fact(None, waits, url=url, subject=f"version {version.version}")
    rejected = signoffs.filter(decision=SignOff.Decision.REJECTED).exists()
    approved = 0 if rejected else signoffs.filter(decision=SignOff.Decision.APPROVED).count()
    return Fact(
        approved,
        f"approvals of version {version.version}",
        url=reverse("review:signoff", args=[version.pk]),
        subject=f"version {version.version}",
    )


def _latency(project: Project) -> Fact:
    url = reverse("inference:scores")
    newest = ScoreLog.objects.filter(project=project, degraded=False).order_by("-at")[:LATENCY_WINDOW]
    figures = sorted(newest.values_list("latency_ms", flat=True))
    if len(figures) < LATENCY_MINIMUM:
        return unknown(f"{len(figures)} of at least {LATENCY_MINIMUM} answers by the model so far", url)
    value, low, high = quantile_interval(figures)
    return Fact(value, f"the last {len(figures):,} answers by the model", low, high, url=url)


def quantile_interval(ordered: list[float], quantile: float = QUANTILE) -> tuple[float, float, float]:
    """(quantile, low, high) of ascending figures; the 95% interval lies between order statistics.

    Source: Conover, Practical Nonparametric Statistics (3rd ed.), section 3.2, normal approximation of the ranks.
    """
    count = len(ordered)
    middle, half = count * quantile, Z95 * sqrt(count * quantile * (1 - quantile))
    rank = min(count, max(1, ceil(middle)))
    low, high = max(1, floor(middle - half)), min(count, ceil(middle + half) + 1)
    return ordered[rank - 1], ordered[low - 1], ordered[high - 1]
