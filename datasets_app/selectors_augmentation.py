"""Reads of augmentation: what there is to make children of, the queue of variations, and its figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Q, QuerySet, When
from django.urls import reverse
from django.utils import timezone

from pixelhub.accounts.access import can
from pixelhub.accounts.roles import Capability
from pixelhub.ui.actions import NextAction

from .corpus import taxonomy
from .corpus.augmentation.naming import READINGS, REASONS, STRATEGY_NAMES
from .corpus.intervals import wilson
from .models import Augmentation, LabelSnapshot, Record, Release, SnapshotLabel, Variation

if TYPE_CHECKING:
    from datetime import datetime

    from pixelhub.accounts.models import Project, User

_State = Variation.State


def augmentations_in(project: Project) -> QuerySet[Augmentation]:
    """The project's runs, newest first."""
    return Augmentation.objects.filter(project=project).select_related("job", "created_by", "release")


def best_labels(records: Sequence[Record]) -> dict[int, SnapshotLabel]:
    """The label of each record that has one: people's before any other, then that of the latest snapshot."""
    by_people = Case(When(snapshot__made_by=LabelSnapshot.MadeBy.ANNOTATORS, then=0), default=1)
    found: dict[int, SnapshotLabel] = {}
    labels = SnapshotLabel.objects.filter(record__in=[record.pk for record in records]).select_related("snapshot")
    for label in labels.order_by("record_id", by_people, "-snapshot__number"):
        found.setdefault(label.record_id, label)
    return found


def originals_in(project: Project) -> QuerySet[Record]:
    """Usable records with a label of any kind that are no children themselves."""
    labelled = SnapshotLabel.objects.filter(snapshot__project=project).values("record")
    return (
        Record.objects.filter(project=project, state=Record.State.ACTIVE, pii_state__in=Record.PII_SETTLED)
        .exclude(source=taxonomy.Source.AUGMENTED)
        .exclude(held_out__isnull=False)
        .filter(~Q(proposed_type="") | Q(pk__in=labelled))
    )


def parents_count(project: Project, release: Release | None) -> int:
    """How many originals a run could draw on: of a release's training split, or of the whole project."""
    if release is None:
        return originals_in(project).count()
    return int(release.counts["splits"]["train"]["total"])


def children_already(project: Project) -> int:
    """How many children the project has: records, and those that wait or are approved and not taken in."""
    records = Record.objects.filter(project=project, source=taxonomy.Source.AUGMENTED, state=Record.State.ACTIVE)
    waiting = Variation.objects.filter(project=project, batch__isnull=True).exclude(state=_State.REFUSED)
    return records.count() + waiting.count()


def waiting_in(project: Project) -> QuerySet[Variation]:
    """What waits for a person, edge cases first: they are what clinicians are asked for."""
    edge_first = Case(When(kind="", then=1), default=0)
    return Variation.objects.filter(project=project, state=_State.WAITING).order_by(edge_first, "pk")


def free_for(user: User, project: Project, now: datetime | None = None) -> QuerySet[Variation]:
    """What waits and is on nobody else's screen."""
    lapsed = Q(held_until__isnull=True) | Q(held_until__lt=now or timezone.now()) | Q(holder=user)
    return waiting_in(project).filter(lapsed)


def approved_in(run: Augmentation) -> QuerySet[Variation]:
    """Approved children of a run that no import has taken in yet."""
    return run.variations.filter(state__in=Variation.APPROVED, batch__isnull=True).order_by("pk")


def variation_figures(project: Project, run: Augmentation | None = None) -> list[dict[str, Any]]:
    """By strategy and kind: how many wait and were decided how, and the share whose label held with its interval."""
    found = Variation.objects.filter(project=project)
    if run is not None:
        found = found.filter(augmentation=run)
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for strategy, kind, state, count in found.values_list("strategy", "kind", "state").annotate(count=Count("pk")):
        counts[strategy, kind][state] = count
    rows = [_figures(_name(strategy, kind), states) for (strategy, kind), states in sorted(counts.items())]
    if len(rows) > 1:
        total: Counter[str] = sum(counts.values(), Counter())
        rows.append(_figures("All", total))
    return rows


def _name(strategy: str, kind: str) -> str:
    return taxonomy.EDGE_CASE_LABELS[kind] if kind else STRATEGY_NAMES[strategy]


def _figures(name: str, states: Counter[str]) -> dict[str, Any]:
    decided = sum(states[state] for state in (_State.HOLDS, _State.CHANGED, _State.REFUSED))
    low, high = wilson(states[_State.HOLDS], decided)
    return {
        "name": name,
        "waiting": states[_State.WAITING],
        "holds": states[_State.HOLDS],
        "changed": states[_State.CHANGED],
        "refused": states[_State.REFUSED],
        "decided": decided,
        "share": states[_State.HOLDS] / decided if decided else None,
        "low": low,
        "high": high,
    }


def report_shown(run: Augmentation) -> dict[str, Any]:
    """The report of a run as its page shows it: orders with reasons, who vouched, ratios."""
    report = run.report
    if not report:
        return {}
    return {
        "orders": [
            {
                "name": _name(*name.split(":")) if ":" in name else STRATEGY_NAMES[name],
                "asked": asked,
                "made": report["made"].get(name, 0),
                "refused": [
                    (REASONS.get(reason, reason), count)
                    for reason, count in report["refused_by_order"].get(name, {}).items()
                ],
            }
            for name, asked in report["asked"].items()
        ],
        "ratio_by_type": [(kind, ratio) for kind, ratio in report["ratio_by_type"].items()],
        "skipped": list(report["skipped"].items()),
        "readings": [(words, report["readings"].get(code, 0)) for code, words in READINGS.items()],
        **{name: report[name] for name in ("originals", "children", "stand", "wait_for_review", "ratio", "tried")},
        "refused": sum(report["refused"].values()),
        "spare": report["spare"],
        "checked_by": report["checked_by"],
    }


def variation_actions(user: User, project: Project) -> list[NextAction]:
    """What this user should do next about variations."""
    waiting = waiting_in(project).count() if can(user, project, Capability.REVIEW_JUDGE) else 0
    if not waiting:
        return []
    waits = "variation waits" if waiting == 1 else "variations wait"
    return [
        NextAction(
            "Review variations",
            f"{waiting:,} augmented {waits} for somebody to say whether the label still holds.",
            reverse("datasets:variations"),
            45,
            count=waiting,
            role="clinical_lead",
        )
    ]
