"""How a round's samples are laid out: batches, how many labels each gets, and in which order they are handed out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from annotation.errors import Invalid
from annotation.models import Batch, Round, RoundItem, Suggestion
from annotation.ordering import (
    Sample,
    calm_order,
    disagreement,
    overlap_chosen,
    rarity,
    severe_tail,
    smart_order,
    uncertainty,
)
from annotation.selectors_policy import policy_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SEVERITIES
from datasets_app.models import Record

MAX_BATCHES = 200
MOST_HIDDEN = 0.2
ROWS = 500


@dataclass(frozen=True)
class Layout:
    """How a round is set up beyond its people and records. The defaults are what most rounds want.

    `batches` is how many parts of (nearly) the same size; `due_on` their dates, in order, as far as there are some.
    `overlap_share` of the samples get the round's `overlap` labels, the rest one.
    """

    overlap_share: float = 1.0
    batches: int = 1
    due_on: Sequence[date | None] = ()
    ordering: str = Round.Ordering.SHUFFLED
    calm: bool = True
    gold_share: float = 0.0
    repeat_share: float = 0.0
    suggestions_from: str = ""

    def fields(self) -> dict[str, Any]:
        """Field values of the round."""
        names = ("overlap_share", "ordering", "calm", "gold_share", "repeat_share", "suggestions_from")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Hint:
    """What a text seems to be about before anybody labelled it: what came with it, else what the rules found."""

    crisis_type: str = ""
    severity: int | None = None


def layout_check(layout: Layout, samples: int) -> None:
    """Raise `Invalid`, naming what is out of range."""
    if not 0.0 <= layout.overlap_share <= 1.0:
        raise Invalid("overlap_share", "The share with several labels lies between 0 and 1.")
    if not 1 <= layout.batches <= min(MAX_BATCHES, max(1, samples)):
        raise Invalid("batches", f"Use from 1 to {min(MAX_BATCHES, max(1, samples))} batches for {samples} samples.")
    if layout.ordering not in Round.Ordering.values:
        raise Invalid("ordering", "Choose one of the orders.")
    if not (0.0 <= layout.gold_share <= MOST_HIDDEN and 0.0 <= layout.repeat_share <= MOST_HIDDEN):
        raise Invalid("gold_share", "At most a fifth of what people read may be hidden checks.")
    if len(layout.due_on) > layout.batches:
        raise Invalid("due_on", "There are more due dates than batches.")


def hints_of(records: Sequence[int]) -> dict[int, Hint]:
    """Record id to its hint."""
    found: dict[int, Hint] = {}
    for start in range(0, len(records), ROWS):
        rows = Record.objects.filter(pk__in=records[start : start + ROWS]).values_list(
            "pk", "proposed_type", "proposed_severity", "risk_severity", "findings"
        )
        for pk, kind, severity, risk, findings in rows:
            found[pk] = _hint(kind, severity, risk, findings)
    return found


def items_make(
    round: Round, records: Sequence[int], layout: Layout, *, first_batch: int, first: int
) -> list[RoundItem]:
    """Add these records to the round in this order, in batches from `first_batch` on and positions from `first` on."""
    hints = hints_of(records)
    batches = Batch.objects.bulk_create(
        Batch(round=round, number=first_batch + n, due_on=layout.due_on[n] if n < len(layout.due_on) else None)
        for n in range(layout.batches)
    )
    batch_of = {pk: place * layout.batches // len(records) for place, pk in enumerate(records)}
    strata = {pk: (batch_of[pk], hints[pk].crisis_type) for pk in records}
    several = overlap_chosen(strata, layout.overlap_share, round.seed)
    return RoundItem.objects.bulk_create(
        (
            RoundItem(
                round=round,
                record_id=pk,
                position=first + place,
                batch=batches[batch_of[pk]],
                labels_wanted=round.overlap if pk in several else 1,
                hint_type=hints[pk].crisis_type,
                hint_severity=hints[pk].severity,
            )
            for place, pk in enumerate(records)
        ),
        batch_size=ROWS,
    )


def ranks_of(round: Round, items: Sequence[RoundItem], *, first: int = 1) -> dict[int, int]:
    """Work samples to their place in the order of handing out, from `first` on: batch by batch, each in its order.

    Marks the samples whose place comes from a score, so that the others can serve for unbiased estimates.
    """
    in_a_row = policy_of(round.project).severe_in_a_row
    scores = {} if round.ordering == Round.Ordering.SHUFFLED else scores_of(round, items)
    ranks: dict[int, int] = {}
    scored: list[int] = []
    run = 0
    for number, batch in enumerate(_by_batch(items)):
        ordered = [Sample(item.pk, item.hint_severity, scores.get(item.pk, 0.0)) for item in batch]
        if round.ordering != Round.Ordering.SHUFFLED:
            ordered, by_chance = smart_order(ordered, round.seed + number)
            scored += [sample.key for sample in ordered if sample.key not in by_chance]
        if round.calm:
            ordered = calm_order(ordered, in_a_row, run)
            run = severe_tail(ordered) if severe_tail(ordered) < len(ordered) else run + len(ordered)
        for sample in ordered:
            ranks[sample.key] = first + len(ranks)
    for start in range(0, len(scored), ROWS):
        RoundItem.objects.filter(pk__in=scored[start : start + ROWS]).update(by_chance=False)
    return ranks


def scores_of(round: Round, items: Sequence[RoundItem]) -> dict[int, float]:
    """Sample to how much it should come first under the round's order; what nothing is known about gets the mean."""
    rows: dict[int, list[Suggestion]] = {}
    suggestions = Suggestion.objects.filter(project=round.project_id, record__round_items__round=round).order_by("pk")
    for suggestion in suggestions.distinct():
        rows.setdefault(suggestion.record_id, []).append(suggestion)
    known = {item.pk: rows.get(item.record_id, []) for item in items}
    if round.ordering == Round.Ordering.RARITY:
        return rarity({item.pk: _expected(known[item.pk], item.hint_type) for item in items})
    if round.ordering == Round.Ordering.DISAGREEMENT:
        rules = {item.pk: [item.hint_type] if item.hint_type else [] for item in items}
        return {pk: disagreement([row.crisis_type for row in found] + rules[pk]) for pk, found in known.items()}
    values = {pk: _unsure(found, round.suggestions_from) for pk, found in known.items()}
    certain = [value for value in values.values() if value is not None]
    mean = sum(certain) / len(certain) if certain else 0.0
    return {pk: mean if value is None else value for pk, value in values.items()}


def _by_batch(items: Sequence[RoundItem]) -> list[list[RoundItem]]:
    parts: dict[int, list[RoundItem]] = {}
    for item in sorted(items, key=lambda item: item.position):
        parts.setdefault(item.batch_id or 0, []).append(item)
    return [parts[key] for key in sorted(parts, key=lambda key: parts[key][0].position)]


def _hint(kind: str, severity: int | None, risk: int | None, findings: Sequence[Mapping[str, Any]]) -> Hint:
    rules = next((entry for entry in findings if entry.get("check") == "risk"), {})
    if not kind:
        kind, severity = str(rules.get("crisis_type") or ""), rules.get("severity", risk)
    if kind not in CRISIS_TYPES:
        kind = ""
    if severity not in SEVERITIES or kind == NONE_TYPE:
        severity = None
    return Hint(kind, severity)


def _expected(suggestions: Sequence[Suggestion], hint_type: str) -> str:
    """The type that the surest suggestion names, else the hint."""
    if not suggestions:
        return hint_type
    return max(suggestions, key=lambda row: row.confidence or 0.0).crisis_type


def _unsure(suggestions: Sequence[Suggestion], source: str) -> float | None:
    """Mean uncertainty of the round's source where it has one, else of all sources."""
    named = [row for row in suggestions if row.source == source] or list(suggestions)
    values = [uncertainty(row.probabilities, row.confidence) for row in named]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
