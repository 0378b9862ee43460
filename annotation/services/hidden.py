"""What watches the labelling from inside: expert-labelled samples and repeats that nobody can tell from the rest.

An expert-labelled one ("gold") is given to a person at most once, and never where that person has labelled its record
before. Both are handed out only beside real work, so that what is left at the end of a round gives nothing away.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from django.db.models import Max

from annotation.models import Annotation, GoldLabel, Round, RoundItem, Slot
from datasets_app.selectors import usable_records
from pixelhub.accounts.models import User

REPEAT_AFTER = (20, 60)  # a label comes again this many of one's own labels later


def hidden_gold_slots(*, round: Round, work: Sequence[Slot]) -> list[Slot]:
    """The round's hidden expert-labelled samples, made, and for each a slot per person: to be stored with `work`.

    About `gold_share` of each person's expected labels, spread evenly over the ranks of `work` by the round's seed.
    Fewer where the project has too few that the person hasn't seen. Stored in the order of the ranks together with the
    others, so that not even their ids tell them apart. Call in the transaction that opens the round.
    """
    seats = round.round_annotators.select_related("annotator").order_by("annotator__pseudonym")
    people = [seat.annotator for seat in seats]
    if not round.gold_share or round.is_learning or not people or not work:
        return []
    each = max(1, _rounded(round.gold_share * len(work) / len(people)))
    chosen = _chosen(round, people, each)
    items = _gold_items(round, chosen)
    # Not after the last one: there it would not be handed out.
    ranks = sorted({slot.rank for slot in work})
    ranks = ranks[:-1] or ranks
    numbers: dict[int, int] = defaultdict(int)
    slots = []
    for person in people:
        generator = _generator(round, person, "ranks")
        for gold, rank in zip(chosen[person.pk], _spread(ranks, len(chosen[person.pk]), generator), strict=True):
            numbers[gold.pk] += 1
            slots.append(Slot(item=items[gold.pk], number=numbers[gold.pk], reserved_for=person, rank=rank))
    return slots


def hidden_spread_overdue(*, round: Round, annotator: User, frontier: int) -> int:
    """Spread what was passed by while this person was away: else it would come all in a row. Returns how many moved.

    `frontier` is the rank of the person's next real work. Call with the person's seat locked.
    """
    overdue = list(
        Slot.objects.filter(
            round=round,
            item__purpose=RoundItem.Purpose.GOLD,
            reserved_for=annotator,
            state=Slot.State.FREE,
            rank__lt=frontier,
        ).order_by("rank", "pk")[1:]
    )
    if not overdue:
        return 0
    last = Slot.objects.filter(round=round).aggregate(last=Max("rank"))["last"]
    generator = _generator(round, annotator, f"overdue:{frontier}")
    for slot, rank in zip(overdue, _spread(range(frontier, last + 1), len(overdue), generator), strict=True):
        slot.rank = rank
    Slot.objects.bulk_update(overdue, ["rank"])
    return len(overdue)


def hidden_repeat_due(*, item: RoundItem, round: Round, annotator: User) -> bool:
    """Whether this person's label of this sample is one after which an earlier sample comes again (by the seed)."""
    return _repeat_generator(round, annotator, item).random() < round.repeat_share


def hidden_repeat_place(*, annotation: Annotation, round: Round) -> RoundItem | None:
    """Now and then (`repeat_share`, seeded) one of this person's earlier samples comes next, to be labelled afresh.

    Call with the round locked alone, for a new label of real work.
    """
    generator = _repeat_generator(round, annotation.annotator, annotation.item)
    if generator.random() >= round.repeat_share:
        return None
    mine = Annotation.objects.filter(
        item__round=round, item__purpose=RoundItem.Purpose.WORK, annotator=annotation.annotator
    ).order_by("-submitted_at", "-pk")
    first, last = REPEAT_AFTER
    repeated = set(
        RoundItem.objects.filter(round=round, slots__reserved_for=annotation.annotator, repeat_of__isnull=False)
        .order_by()
        .values_list("repeat_of", flat=True)
    )
    earlier = [pk for pk in mine.values_list("item", flat=True)[first : last + 1] if pk not in repeated]
    if not earlier:
        return None
    original = RoundItem.objects.get(pk=generator.choice(earlier))
    repeat = RoundItem.objects.create(
        round=round,
        record_id=original.record_id,
        position=_last_position(round) + 1,
        batch_id=original.batch_id,
        purpose=RoundItem.Purpose.REPEAT,
        repeat_of=original,
        labels_wanted=1,
        hint_type=original.hint_type,
        hint_severity=original.hint_severity,
    )
    Slot.objects.create(item=repeat, number=1, reserved_for=annotation.annotator, rank=annotation.slot.rank)
    return repeat


def _chosen(round: Round, people: Sequence[User], each: int) -> dict[int, list[GoldLabel]]:
    """Per person the expert labels to hide, at most `each`: usable, not in the round, not seen by that person."""
    pool = list(
        GoldLabel.objects.filter(
            project=round.project_id,
            use=GoldLabel.Use.HIDDEN,
            retired_at__isnull=True,
            record__in=usable_records(round.project).values("pk"),
        )
        .exclude(record__in=round.items.values("record"))
        .order_by("record__content_hash")
    )
    of_pool = Slot.objects.filter(item__record__in=[gold.record_id for gold in pool]).order_by()
    seen = set(of_pool.filter(annotator__in=people).values_list("annotator", "item__record"))
    # What waits for them in another open round is as good as seen.
    seen |= set(of_pool.filter(reserved_for__in=people).values_list("reserved_for", "item__record"))
    chosen = {}
    for person in people:
        unseen = [gold for gold in pool if (person.pk, gold.record_id) not in seen]
        chosen[person.pk] = _generator(round, person, "gold").sample(unseen, min(each, len(unseen)))
    return chosen


def _gold_items(round: Round, chosen: dict[int, list[GoldLabel]]) -> dict[int, RoundItem]:
    asked: dict[int, int] = defaultdict(int)
    golds = {gold.pk: gold for person in chosen.values() for gold in person}
    for person in chosen.values():
        for gold in person:
            asked[gold.pk] += 1
    first = _last_position(round) + 1
    made = RoundItem.objects.bulk_create(
        RoundItem(
            round=round,
            record_id=gold.record_id,
            position=position,
            purpose=RoundItem.Purpose.GOLD,
            gold=gold,
            labels_wanted=asked[gold.pk],
            hint_type=gold.crisis_type,
            hint_severity=gold.severity,
        )
        for position, gold in enumerate(golds.values(), start=first)
    )
    return {item.gold_id: item for item in made if item.gold_id is not None}


def _spread(ranks: Sequence[int], count: int, generator: random.Random) -> list[int]:
    """`count` of the sorted ranks, one from each of as many equal parts."""
    edges = [len(ranks) * part // count for part in range(count + 1)] if count else []
    return [ranks[generator.randrange(low, max(high, low + 1))] for low, high in pairwise(edges)]


def _repeat_generator(round: Round, person: User, item: RoundItem) -> random.Random:
    return random.Random(f"{round.seed}:repeat:{person.pseudonym}:{item.position}")  # noqa: S311


def _rounded(value: float) -> int:
    return int(value + 0.5)


def _last_position(round: Round) -> int:
    return round.items.aggregate(last=Max("position"))["last"] or 0


def _generator(round: Round, person: User, purpose: str) -> random.Random:
    return random.Random(f"{round.seed}:{purpose}:{person.pseudonym}")  # noqa: S311  (reproducible, not secret)
