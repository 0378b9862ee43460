"""What an adjudicator reads: the queue ordered by harm, its filters, flags, decisions with their history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from django.db.models import Q, QuerySet
from django.utils import timezone

from annotation.agreement.aggregation import Vote, disagree, harm_order
from annotation.models import (
    Adjudication,
    AdjudicationRevision,
    AdjudicationSeat,
    Annotation,
    Flag,
    RaterModelVote,
    Round,
    RoundItem,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, harm_rank
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability

SHOWS = {
    "undecided": "Undecided",
    "decided": "Decided",
    "flagged": "Flagged",
    "model": "Rater model differs",
    "agreed": "Agreed",
    "all": "All",
}


# Who looks into a flag.
RESOLVED_BY: dict[str, Capability] = {
    Flag.Kind.CLINICAL: Capability.ADJUDICATE_OVERRIDE,
    Flag.Kind.PII: Capability.PII_REVIEW,
}


@dataclass(frozen=True)
class Entry:
    """A sample of the queue: what its raters chose, without who they are."""

    pk: int
    position: int
    types: tuple[str, ...]
    missed: bool
    disputed: bool
    decided: bool
    overridden: bool
    flagged: bool
    against_model: bool

    @property
    def pairs(self) -> set[str]:
        """Each two types that stand against each other, the more harmful first."""
        return {f"{a}-{b}" for a, b in combinations(sorted(set(self.types), key=harm_rank), 2)}


@dataclass(frozen=True)
class Queue:
    """The entries that a filter leaves, and how many each filter would leave."""

    show: str
    pair: str
    entries: list[Entry]
    counts: dict[str, int]
    pairs: list[tuple[str, str, int]]
    disputed: int
    decided: int
    missed: int

    @property
    def waiting(self) -> int:
        return self.disputed - self.decided


def adjudication_entries(user: User, round: Round) -> list[Entry]:
    """Complete samples that this person may look at here, the one that could hurt somebody most first.

    Clinical authority may look at every sample, others at disagreements and at what was decided.
    """
    everything = can(user, round.project, Capability.ADJUDICATE_OVERRIDE)
    return [entry for entry in _entries(round) if everything or entry.disputed or entry.decided]


def filtered(entries: Sequence[Entry], *, show: str = "undecided", pair: str = "") -> Queue:
    """What a filter leaves. `show` is one of SHOWS, `pair` two types against each other ("immediate_harm-none")."""
    counts = {name: sum(_shown(entry, name) for entry in entries) for name in SHOWS}
    show = show if show in SHOWS else "undecided"
    chosen = [entry for entry in entries if _shown(entry, show)]
    found = Counter(name for entry in chosen for name in entry.pairs)
    disputed = [entry for entry in entries if entry.disputed]
    return Queue(
        show=show,
        pair=pair if pair in found else "",
        entries=[entry for entry in chosen if pair not in found or pair in entry.pairs],
        counts=counts,
        pairs=[(name, _pair_words(name), count) for name, count in sorted(found.items(), key=_harmful_first)],
        disputed=len(disputed),
        decided=sum(entry.decided for entry in disputed),
        missed=sum(entry.missed and not entry.decided for entry in disputed),
    )


def item_to_decide(round: Round, pk: int) -> RoundItem:
    """A sample with its conversation, its labels, its decision and its flags."""
    items = RoundItem.objects.select_related("round__guideline", "record", "adjudication__decided_by")
    return items.prefetch_related("annotations", "flags", "rater_model_votes__fit").get(pk=pk, round=round)


def decisions_on(item: RoundItem) -> QuerySet[AdjudicationRevision]:
    """Every decision that ever stood on a sample, the newest first."""
    return item.adjudication_revisions.select_related("decided_by").order_by("-version")


def taken_by_others(user: User, round: Round) -> set[int]:
    """Samples that a colleague looks at now."""
    seats = AdjudicationSeat.objects.filter(item__round=round, until__gte=timezone.now()).exclude(person=user)
    return set(seats.values_list("item", flat=True))


def flags_for(user: User, project: Project, *, open_only: bool = True) -> QuerySet[Flag]:
    """Flags that this person may resolve, the oldest first; with `open_only` those that wait."""
    kinds = [kind for kind, capability in RESOLVED_BY.items() if can(user, project, capability)]
    flags = Flag.objects.filter(item__round__project=project, kind__in=kinds)
    if open_only:
        flags = flags.filter(resolved_at__isnull=True)
    return flags.select_related("item__round", "item__record", "resolved_by").order_by("created_at", "pk")


def _entries(round: Round) -> list[Entry]:
    work = Q(item__round=round, item__purpose=RoundItem.Purpose.WORK)
    votes: dict[int, list[Vote]] = {}
    rows = Annotation.objects.filter(work).values_list("item_id", "crisis_type", "severity", "confidence")
    for item, crisis_type, severity, confidence in rows:
        votes.setdefault(item, []).append(Vote(crisis_type, severity, confidence))
    decided = dict(Adjudication.objects.filter(item__round=round).values_list("item_id", "overrides"))
    flagged = set(Flag.objects.filter(work, resolved_at__isnull=True).values_list("item_id", flat=True))
    against = set(RaterModelVote.objects.filter(fit__round=round, against_votes=True).values_list("item_id", flat=True))
    found = []
    items = RoundItem.objects.filter(round=round, purpose=RoundItem.Purpose.WORK)
    for pk, position, wanted in items.values_list("pk", "position", "labels_wanted"):
        labels = votes.get(pk, [])
        if not labels or len(labels) < wanted:
            continue
        order = harm_order(labels)
        disputed = disagree(labels)
        entry = Entry(
            pk=pk,
            position=position,
            types=tuple(vote.crisis_type for vote in labels),
            missed=disputed and order[0] == 0,
            disputed=disputed,
            decided=pk in decided,
            overridden=decided.get(pk, False),
            flagged=pk in flagged,
            against_model=pk in against,
        )
        found.append(((0 if disputed else 1, *order), position, entry))
    return [entry for _, _, entry in sorted(found, key=lambda each: each[:2])]


def _shown(entry: Entry, show: str) -> bool:
    return {
        "undecided": entry.disputed and not entry.decided,
        "decided": entry.decided,
        "flagged": entry.flagged,
        "model": entry.against_model,
        "agreed": not entry.disputed and not entry.decided,
        "all": True,
    }[show]


def _pair_words(name: str) -> str:
    return " against ".join(CRISIS_TYPE_LABELS[code].lower() for code in name.split("-"))


def _harmful_first(pair: tuple[str, int]) -> tuple[Sequence[int], int]:
    return _ranks(pair[0].split("-")), -pair[1]


def _ranks(codes: Iterable[str]) -> tuple[int, ...]:
    return tuple(harm_rank(code) for code in codes)
