"""Reads about duplicates, always within one project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from pixelhub.ui.actions import NextAction

from .corpus.dedup.difference import Turn, side_by_side
from .models import DuplicatePair, DuplicateSearch, Record, SnapshotLabel

if TYPE_CHECKING:
    from pixelhub.accounts.models import Project

VIEWS: Final = {
    "open": "To decide",
    "new": "New since the last search",
    "withdraw": "Withdrawn",
    "keep": "Both stay",
    "all": "All",
}


@dataclass(frozen=True)
class ShownPair:
    """A pair as the page shows it; the turns are empty for people who may not read the words."""

    pair: DuplicatePair
    is_protected: bool
    kept_turns: list[Turn]
    copy_turns: list[Turn]


def duplicate_searches_in(project: Project) -> QuerySet[DuplicateSearch]:
    """The project's searches, newest first."""
    return DuplicateSearch.objects.filter(project=project).select_related("job", "created_by")


def protected_ids(record_ids: Iterable[int]) -> set[int]:
    """Those of the records that are edge cases, by their input or by a published label: never withdrawn as copies."""
    wanted = list(record_ids)
    flagged = Record.objects.filter(pk__in=wanted, is_edge_case=True).values_list("pk", flat=True)
    labelled = SnapshotLabel.objects.filter(record_id__in=wanted, is_edge_case=True).values_list("record_id", flat=True)
    return {*flagged, *labelled}


def previous_search(search: DuplicateSearch) -> DuplicateSearch | None:
    """The finished search of the project before this one."""
    return (
        DuplicateSearch.objects.filter(project=search.project_id, state=DuplicateSearch.State.DONE, pk__lt=search.pk)
        .order_by("-pk")
        .first()
    )


def pairs_beyond(search: DuplicateSearch, other: DuplicateSearch) -> QuerySet[DuplicatePair]:
    """Pairs of a search that another one did not report, whichever of the two records was called the copy."""
    reported = DuplicatePair.objects.filter(search=other).filter(
        Q(copy=OuterRef("copy"), kept=OuterRef("kept")) | Q(copy=OuterRef("kept"), kept=OuterRef("copy"))
    )
    return DuplicatePair.objects.filter(~Exists(reported), search=search)


def pairs_of(search: DuplicateSearch, *, view: str, kind: str) -> QuerySet[DuplicatePair]:
    """Pairs of a search by view ("open", "new", "withdraw", "keep", "all") and kind ("" for both)."""
    pairs = search.pairs.all()
    if view == "new":
        before = previous_search(search)
        pairs = pairs_beyond(search, before) if before is not None else pairs
    elif view in DuplicatePair.Decision.values:
        pairs = pairs.filter(decision=view)
    if kind in DuplicatePair.Kind.values:
        pairs = pairs.filter(kind=kind)
    return pairs.select_related("kept", "copy", "decided_by").order_by("-similarity", "pk")


def decision_counts(search: DuplicateSearch) -> dict[str, int]:
    """How many pairs are open, withdrawn, kept, and all."""
    found = dict(search.pairs.order_by().values_list("decision").annotate(count=Count("pk")))
    return {decision: found.get(decision, 0) for decision in DuplicatePair.Decision.values} | {
        "all": sum(found.values())
    }


def shown_pairs(pairs: Sequence[DuplicatePair], *, with_words: bool) -> list[ShownPair]:
    """The pairs with their words side by side where these may be read."""
    protected = protected_ids(pair.copy_id for pair in pairs)
    found = []
    for pair in pairs:
        kept, copy = side_by_side(pair.kept.messages, pair.copy.messages) if with_words else ([], [])
        found.append(ShownPair(pair, pair.copy_id in protected, kept, copy))
    return found


def pair_states(search: DuplicateSearch, pair_ids: Iterable[int]) -> list[ShownPair]:
    """The state of some pairs without any words, for pages that are open already."""
    pairs = search.pairs.filter(pk__in=list(pair_ids)).select_related("kept", "copy", "decided_by")
    return shown_pairs(list(pairs.defer("kept__messages", "copy__messages")), with_words=False)


def duplicate_actions(project: Project) -> list[NextAction]:
    """What waits for whoever decides pairs: those of the latest finished search."""
    search = duplicate_searches_in(project).filter(state=DuplicateSearch.State.DONE).first()
    waiting = search.pairs.filter(decision=DuplicatePair.Decision.OPEN).count() if search is not None else 0
    if search is None or not waiting:
        return []
    return [
        NextAction(
            "Decide duplicates",
            "Conversations that say nearly the same wait for a decision: both stay, or the copy is withdrawn.",
            reverse("datasets:duplicate_search", args=[search.pk]),
            45,
            count=waiting,
            role="data_engineer",
        )
    ]
