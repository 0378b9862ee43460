"""What people did after seeing suggestions, and what there is to suggest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Subquery

from annotation.models import Adjudication, AnnotationRevision, Round, SuggestionView
from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES
from pixelhub.accounts.models import Project

__all__ = ["SwitchRate", "suggestion_after", "suggestion_sources", "switch_rates"]


@dataclass
class SwitchRate:
    """How often a suggestion that differed from the blind label changed it. Without a type: over all types."""

    crisis_type: str = ""
    shown: int = 0
    agreed: int = 0
    differed: int = 0
    switched: int = 0
    adjudicated: int = 0
    towards: int = 0
    away: int = 0

    @property
    def share(self) -> float | None:
        return self.switched / self.differed if self.differed else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval."""
        return wilson(self.switched, self.differed)


def suggestion_sources(project: Project) -> list[dict[str, Any]]:
    """Sources of suggestions with how many records each covers, by name."""
    found = project.suggestions.order_by("source").values("source", "origin").annotate(records=Count("pk"))
    return [dict(row) for row in found]


def suggestion_after(annotation_id: int) -> dict[str, Any]:
    """The answer's part about the suggestion that was shown for a stored label; empty where none was."""
    view = SuggestionView.objects.select_related("suggestion").filter(annotation=annotation_id).first()
    if view is None:
        return {}
    suggestion = view.suggestion
    return {
        "suggestion": {
            "crisis_type": suggestion.crisis_type,
            "label": CRISIS_TYPE_LABELS[suggestion.crisis_type],
            "severity": suggestion.severity,
            "confidence": suggestion.confidence,
            "agrees": view.agreed_before,
        }
    }


def switch_rates(round: Round) -> list[SwitchRate]:
    """Over all types first, then by suggested type. Towards and away count switches of samples decided later."""
    blind = AnnotationRevision.objects.filter(annotation=OuterRef("annotation"), revision=1)
    decided = Adjudication.objects.filter(item=OuterRef("annotation__item"))
    rows = (
        SuggestionView.objects.filter(annotation__item__round=round)
        .annotate(blind=Subquery(blind.values("crisis_type")[:1]), decided=Subquery(decided.values("crisis_type")[:1]))
        .values_list(
            "suggestion__crisis_type", "agreed_before", "switched", "annotation__crisis_type", "blind", "decided"
        )
    )
    total = SwitchRate()
    by_type: dict[str, SwitchRate] = defaultdict(SwitchRate)
    for suggested, agreed, switched, now, before, final in rows:
        for rate in (total, by_type[suggested]):
            _count(rate, agreed, switched, now, before, final)
    for kind, rate in by_type.items():
        rate.crisis_type = kind
    return [total, *(by_type[kind] for kind in CRISIS_TYPES if kind in by_type)] if total.shown else []


def _count(rate: SwitchRate, agreed: bool, switched: bool, now: str, before: str, final: str | None) -> None:
    rate.shown += 1
    rate.agreed += agreed
    rate.differed += not agreed
    if agreed or not switched:
        return
    rate.switched += 1
    if final is not None:
        rate.adjudicated += 1
        rate.towards += now == final
        rate.away += before == final
