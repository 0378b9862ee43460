"""Figures of annotation: agreement, labels, disagreements, flags."""

from __future__ import annotations

from django.urls import reverse

from annotation.models import AgreementResult, Flag, Guideline, Qualification, Round, RoundAnnotator
from annotation.selectors import disagreements
from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.taxonomy import NONE_TYPE
from datasets_app.models import Record, SnapshotLabel
from datasets_app.selectors_pii import spot_check
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
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
    labels = SnapshotLabel.objects.filter(snapshot__project=project, record__state=Record.State.ACTIVE)
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
        "annotators_qualified": _qualified(project),
        "augmented_type_kept": _augmented_type_kept(project),
        "real_types": Fact(
            labels.filter(record__source="real")
            .exclude(crisis_type=NONE_TYPE)
            .values("crisis_type")
            .distinct()
            .count(),
            "crisis types among the labels of real ones",
            url=snapshots_url,
        ),
        "rounds_opened": Fact(
            Round.objects.filter(project=project, opened_at__isnull=False).exclude(kind__in=Round.LEARNING).count(),
            "rounds of real work opened",
            url=rounds_url,
        ),
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
        subject=f"round {round.number}",
        size=figures.get("paired_items"),
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
    """What in real conversations waits for a decision, or was flagged by readers and not looked into.

    None of it passes only once people have read a sample of what the rules called clean, and found nothing there.
    """
    real = Record.objects.filter(project=project, source="real", state=Record.State.ACTIVE)
    url = f"{reverse('datasets:record_list')}?source=real&use=pending"
    count = real.count()
    if not count:
        return unknown("there are no real conversations yet", url)
    unsettled = real.exclude(pii_state__in=Record.PII_SETTLED).count()
    open_flags = Flag.objects.filter(item__round__project=project, kind=Flag.Kind.PII, resolved_at=None)
    flagged = open_flags.filter(item__record__source="real").values("item__record").distinct().count()
    if unsettled + flagged:
        detail = f"of {count:,} real ones: {unsettled:,} undecided, {flagged:,} flagged by annotators"
        return Fact(unsettled + flagged, detail, url=url, verdict=Verdict.FAIL)
    sample = spot_check(project)
    if sample is None:
        detail = f"{count:,} real ones are settled; nobody has read a sample of what the rules called clean"
        return Fact(0, detail, url=url, verdict=Verdict.INSUFFICIENT)
    detail = f"{count:,} real ones are settled; {sample['missed']:,} of {sample['read']:,} read as a sample held one"
    return Fact(0, detail, url=url, verdict=Verdict.INSUFFICIENT if sample["missed"] else Verdict.PASS)


def _qualified(project: Project) -> Fact:
    url = reverse("annotation:drift")
    qualified = Qualification.objects.filter(project=project, state=Qualification.State.QUALIFIED)
    people = qualified.filter(annotator__is_simulated=False).count()
    keepers = frozenset({Capability.ROUND_MANAGE, Capability.ADJUDICATE})
    return Fact(people, "people whose qualification was passed and holds", url=url, needs=keepers)


def _augmented_type_kept(project: Project) -> Fact:
    """Of augmented conversations with a published label: the share whose label is the type that they were made for."""
    url = reverse("datasets:snapshots")
    standing = {"record__source": "augmented", "record__state": Record.State.ACTIVE}
    made = SnapshotLabel.objects.filter(snapshot__project=project, **standing)
    rows = dict(made.exclude(record__proposed_type="").values_list("record", "crisis_type").order_by("snapshot_id"))
    if not rows:
        return unknown("no augmented conversation has a published label yet", url)
    meant = dict(Record.objects.filter(pk__in=list(rows)).values_list("pk", "proposed_type"))
    kept = sum(meant[record] == label for record, label in rows.items())
    low, high = wilson(kept, len(rows))
    detail = f"{kept:,} of {len(rows):,} augmented ones got the label they were made for"
    return Fact(kept / len(rows), detail, low, high, url=url, size=len(rows))
