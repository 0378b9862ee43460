"""Reads of a round's agreement: its work labels in one query, and the figures, computed again only when one changed.

Only samples of the purpose `work` count: hidden gold and repeats watch the labelling, they aren't part of it.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet, Sum

from annotation import conf
from annotation.agreement import Ratings
from annotation.agreement.labelset import About, LabelRow, LabelSet
from annotation.agreement.roundreport import KEPT_REPLICATES, LIVE_REPLICATES, round_report
from annotation.models import AgreementResult, Annotation, AnnotationRevision, Round, RoundItem

__all__ = ["agreement_of", "round_agreement", "round_labels", "round_ratings"]

CACHE_SECONDS = 600
_DECISION = ("crisis_type", "severity", "confidence", "is_edge_case")
LIVE = (Round.State.DRAFT, Round.State.OPEN)


def round_labels(round: Round) -> LabelSet:
    """Every work label of the round: items by id, raters by pseudonym.

    Where the round shows suggestions, each label counts as it was before its annotator saw one: people who follow the
    same suggestion agree with it, not with each other.
    """
    of_record = ("item__record__source", "item__record__is_edge_case")
    rows = _work_labels(round).order_by("item__position", "annotator__pseudonym")
    blind = _blind(round) if round.suggestions_from else {}
    labels, about = [], {}
    for pk, item, rater, source, record_is_edge, *decided in rows.values_list(
        "pk", "item_id", "annotator__pseudonym", *of_record, *_DECISION
    ):
        name = str(item)
        about[name] = About(source, record_is_edge)
        labels.append(LabelRow(name, rater, *blind.get(pk, decided)))
    return LabelSet.from_rows(labels, about)


def round_ratings(round: Round) -> Ratings:
    """Crisis types as ratings: items by id, raters by pseudonym, categories in the taxonomy's order."""
    return round_labels(round).type_ratings


def round_agreement(round: Round, replicates: int = KEPT_REPLICATES) -> dict[str, Any]:
    """All agreement figures of this moment, computed now (`annotation.agreement.roundreport`)."""
    planned = round.items.filter(purpose=RoundItem.Purpose.WORK, labels_wanted__gte=2).count()
    return round_report(round_labels(round), planned=planned, gate=conf.gate(), replicates=replicates, seed=round.seed)


def agreement_of(round: Round) -> dict[str, Any]:
    """Agreement figures: live while labels come (fewer replicates), afterwards those that were kept at the close."""
    if round.state not in LIVE:
        kept = AgreementResult.objects.filter(round=round).order_by("-computed_at", "-pk").first()
        if kept is not None and "by_pair" in kept.figures:  # a close from before these figures existed lacks them
            return dict(kept.figures)
    key = f"annotation:agreement:{round.pk}:{_stamp(round)}"
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = round_agreement(round, LIVE_REPLICATES if round.state in LIVE else KEPT_REPLICATES)
        cache.set(key, found, CACHE_SECONDS)
    return found


def _blind(round: Round) -> dict[int, list[Any]]:
    """Annotation to its last decision before a suggestion was shown."""
    revisions = AnnotationRevision.objects.filter(annotation__in=_work_labels(round), after_suggestion=False)
    rows = revisions.order_by("annotation", "revision").values_list("annotation_id", *_DECISION)
    return {pk: decided for pk, *decided in rows}


def _work_labels(round: Round) -> QuerySet[Annotation]:
    return Annotation.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK)


def _stamp(round: Round) -> str:
    """Changes with every label that comes or is edited: how many, the sum of their revisions, the last moment."""
    found = _work_labels(round).aggregate(n=Count("pk"), revisions=Sum("revision"), last=Max("submitted_at"))
    moment = found["last"].timestamp() if found["last"] else 0
    return f"{found['n']}:{found['revisions']}:{moment}"
