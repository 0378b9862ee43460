"""Figures of annotation: agreement, labels, disagreements, flags."""

from __future__ import annotations

from django.urls import reverse

from annotation.models import AgreementResult, Flag, Guideline, Round, RoundAnnotator
from annotation.selectors import disagreements
from datasets_app.corpus.taxonomy import NONE_TYPE
from datasets_app.models import SnapshotLabel
from pixelhub.accounts.models import Project
from review.evidence.estimates import Verdict
from review.facts.dataset import SIMULATED
from review.facts.fact import Fact, unknown

__all__ = ["label_facts", "latest_agreement"]

_CLOSED = (Round.State.CLOSED, Round.State.PUBLISHED)
_VERDICTS = {"pass": Verdict.PASS, "fail": Verdict.FAIL, "not yet settled": Verdict.INSUFFICIENT}


def label_facts(project: Project) -> dict[str, Fact]:
    rounds_url = reverse("annotation:rounds")
    people = RoundAnnotator.objects.filter(round__project=project).values("annotator").distinct()
    simulated = people.filter(annotator__is_simulated=True).count()
    labels = SnapshotLabel.objects.filter(snapshot__project=project)
    caveat = SIMULATED if labels.filter(snapshot__simulated=True).exists() else ""
    types = labels.exclude(crisis_type=NONE_TYPE).values("crisis_type").distinct().count()
    approved = Guideline.objects.filter(project=project, approved_at__isnull=False).count()
    snapshots_url = reverse("datasets:snapshots")
    return {
        "guidelines_approved": Fact(approved, "approved versions", url=reverse("annotation:guidelines")),
        "annotators": Fact(
            people.count() - simulated,
            f"people invited to rounds{f', and {simulated} simulated' if simulated else ''}",
            url=rounds_url,
        ),
        "labelled_records": Fact(
            labels.values("record").distinct().count(), "published labels", url=snapshots_url, caveat=caveat
        ),
        "labelled_types": Fact(types, "crisis types among published labels", url=snapshots_url, caveat=caveat)
        if types
        else unknown("no labels were published yet", snapshots_url),
        "open_disagreements": _open_disagreements(project),
        "kappa": _kappa(project),
        "pii_flags": _pii_flags(project),
    }


def latest_agreement(project: Project) -> AgreementResult | None:
    """The agreement computed for the round that was closed last."""
    results = AgreementResult.objects.filter(round__project=project, round__state__in=_CLOSED)
    results = results.exclude(round__kind__in=Round.LEARNING)
    return results.select_related("round").order_by("-round__closed_at", "-computed_at", "-pk").first()


def _kappa(project: Project) -> Fact:
    result = latest_agreement(project)
    if result is None:
        return unknown("no round was closed yet", reverse("annotation:rounds"))
    figures, round = result.figures, result.round
    interval = figures.get("interval") or {}
    return Fact(
        figures.get("kappa"),
        f"{figures.get('kappa_of', '')} kappa, {round.name}, {figures.get('paired_items', 0):,} conversations".strip(),
        interval.get("low"),
        interval.get("high"),
        url=reverse("annotation:round_detail", args=[round.pk]),
        caveat=SIMULATED if round.simulated else "",
        verdict=_VERDICTS.get(figures.get("verdict", "")) if figures.get("kappa") is not None else None,
    )


def _open_disagreements(project: Project) -> Fact:
    rounds = Round.objects.filter(project=project, state__in=_CLOSED).exclude(kind__in=Round.LEARNING)
    closed = list(rounds.order_by("number"))
    if not closed:
        return unknown("no round was closed yet", reverse("annotation:rounds"))
    # A published round has all its disagreements settled, by people or by the rule that was chosen for it.
    waiting = sum(
        1
        for round in closed
        if round.state == Round.State.CLOSED
        for item in disagreements(round)
        if not hasattr(item, "adjudication")
    )
    url = reverse("annotation:round_detail", args=[closed[-1].pk])
    caveat = SIMULATED if all(round.simulated for round in closed) else ""
    return Fact(waiting, "disagreements of closed rounds to decide", url=url, caveat=caveat)


def _pii_flags(project: Project) -> Fact:
    """What readers flagged. No flag is not yet proof of absence, so this passes only once a screening exists."""
    read = SnapshotLabel.objects.filter(snapshot__project=project, record__source="real").count()
    flags = Flag.objects.filter(item__round__project=project, kind=Flag.Kind.PII, item__record__source="real").count()
    url = reverse("annotation:rounds")
    if not read and not flags:
        return unknown("no real conversation was read by annotators yet", url)
    detail = f"conversations flagged by annotators, {read:,} real ones read; not screened by a program yet"
    return Fact(flags, detail, url=url, verdict=Verdict.FAIL if flags else Verdict.INSUFFICIENT)
