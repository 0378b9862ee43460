"""Expert-labelled samples and repeats hidden in real work: who gets them, when, and that nothing gives them away."""

import json
from typing import Any

from django.urls import reverse

from annotation import services
from annotation.models import Annotation, Round, RoundItem, Slot
from annotation.selectors import agreement_of, annotator_progress, items_with_labels, left_for, round_progress
from annotation.services.hidden import REPEAT_AFTER
from pixelhub.accounts.models import User
from tests.annotation.making import NONE, PANIC, label_all, submit
from tests.annotation.making_gold import make_gold, watched_round
from tests.personas import World


def purposes(person: User, round: Round) -> list[str]:
    """What this person labelled, in the order of labelling."""
    mine = Annotation.objects.filter(item__round=round, annotator=person).order_by("pk")
    return list(mine.values_list("item__purpose", flat=True))


def test_gold_is_mixed_in_for_each_person_and_counts_for_nothing_else(world: World) -> None:
    make_gold(world, 8, "hidden")
    make_gold(world, 3, "practice")
    round = watched_round(world, samples=40, overlap=2, gold_share=0.1)
    one, two = (world.user("annotator", n=n) for n in (1, 2))
    gold = Slot.objects.filter(item__round=round, item__purpose="gold")
    for person in (one, two):
        mine = gold.filter(reserved_for=person)
        assert mine.count() == 4  # a tenth of the 40 labels that each is expected to make
        assert {slot.item.gold.use for slot in mine} == {"hidden"}
        quarters = zip(mine.order_by("rank"), (1, 10, 20, 30), (9, 19, 29, 39), strict=True)
        assert all(low <= slot.rank <= high for slot, low, high in quarters)
    assert list(Slot.objects.filter(item__round=round).order_by("pk").values_list("rank", flat=True)) == sorted(
        Slot.objects.filter(item__round=round).values_list("rank", flat=True)
    )  # ids follow the ranks, so that they don't tell gold from work

    assert label_all(round, one) == 44
    places = [n for n, purpose in enumerate(purposes(one, round)) if purpose == "gold"]
    assert [place // 11 for place in places] == [0, 1, 2, 3]
    progress = round_progress(round)
    assert (progress.done, progress.total, progress.samples) == (40, 80, 40)
    assert [row["done"] for row in annotator_progress(round) if row["person"] == one] == [40]
    label_all(round, two)
    assert agreement_of(round)["items"] == len(items_with_labels(round)) == 40
    services.round_close(round=round, actor=world.user("qa"))
    services.round_publish(round=round, actor=world.user("qa"))
    round.refresh_from_db()
    assert round.snapshot is not None and round.snapshot.labels.count() == 40


def test_gold_never_comes_twice_to_a_person_and_never_where_they_labelled_the_record(world: World) -> None:
    make_gold(world, 3, "hidden")
    first = watched_round(world, samples=20, gold_share=0.1)
    label_all(first, world.user("annotator"))
    second = watched_round(world, samples=40, gold_share=0.2)
    pairs = Slot.objects.filter(item__purpose="gold", item__round__in=[first, second])
    again = pairs.filter(reserved_for=world.user("annotator")).values_list("item__record", flat=True)
    assert len(again) == len(set(again)) == 3  # one in the first round, the other two in the second


def test_nothing_that_the_instrument_gets_tells_a_hidden_sample(world: World) -> None:
    make_gold(world, 6, "hidden")
    round = watched_round(world, samples=12, annotators=1, gold_share=0.2)
    client = world.client("annotator")
    seen: list[dict[str, Any]] = []
    while True:
        url = reverse("annotation:api_claim", args=[round.pk])
        answer = client.post(url, json.dumps({"want": 1}), content_type="application/json").json()
        if not answer["samples"]:
            break
        (sample,) = answer["samples"]
        seen.append(sample)
        submit(Slot.objects.get(pk=sample["slot"]), world.user("annotator"))
    assert {frozenset(sample) for sample in seen} == {frozenset({"slot", "lease_until", "messages"})}
    ids = [sample["slot"] for sample in seen]
    assert ids == sorted(ids) and "gold" in purposes(world.user("annotator"), round)
    recent = client.get(reverse("annotation:api_recent", args=[round.pk])).json()["labels"]
    assert {frozenset(entry["sample"]) for entry in recent} == {frozenset({"slot", "lease_until", "messages"})}


def test_hidden_samples_come_beside_real_work_only(world: World) -> None:
    make_gold(world, 6, "hidden")
    round = watched_round(world, samples=20, gold_share=0.2)
    one, two = (world.user("annotator", n=n) for n in (1, 2))
    label_all(round, one)
    assert Slot.objects.filter(item__round=round, reserved_for=two, state="free").exists()
    assert left_for(round, two) == 0
    assert services.slot_claim(round=round, annotator=two) == []


def test_gold_that_was_passed_by_does_not_come_all_in_a_row(world: World) -> None:
    make_gold(world, 10, "hidden")
    round = watched_round(world, samples=60, gold_share=0.2)
    early, late = (world.user("annotator", n=n) for n in (1, 2))
    for _ in range(40):
        submit(services.slot_claim(round=round, annotator=early, want=1)[0], early)
    label_all(round, late)
    order = purposes(late, round)
    assert order.count("gold") >= 3
    assert "gold gold gold" not in " ".join(order)


def test_an_earlier_sample_comes_again_for_the_same_person_only(world: World) -> None:
    round = watched_round(world, samples=70, annotators=1, repeat_share=0.2)
    person = world.user("annotator")
    labels = {position: PANIC for position in range(1, 71, 2)}
    label_all(round, person, labels)
    repeats = list(RoundItem.objects.filter(round=round, purpose="repeat").select_related("repeat_of"))
    assert 3 <= len(repeats) <= 18  # a fifth of the labels after the first twenty
    assert len({item.repeat_of_id for item in repeats}) == len(repeats)
    place = {
        item: n for n, item in enumerate(
            Annotation.objects.filter(annotator=person).order_by("pk").values_list("item", flat=True)
        )
    }  # fmt: skip
    low, high = REPEAT_AFTER
    for item in repeats:
        assert item.repeat_of is not None and item.repeat_of.purpose == "work"
        assert item.record_id == item.repeat_of.record_id
        assert [slot.reserved_for for slot in item.slots.all()] == [person]
        if item.pk in place:
            assert low < place[item.pk] - place[item.repeat_of_id] <= high + len(repeats) + 2
    assert sum(item.pk in place for item in repeats) >= len(repeats) - 1  # the last may come too late to be handed out
    progress = round_progress(round)
    assert (progress.done, progress.total) == (70, 70)


def test_an_edit_or_a_round_without_the_share_makes_no_repeat(world: World) -> None:
    round = watched_round(world, samples=30, annotators=1)
    person = world.user("annotator")
    label_all(round, person)
    assert not RoundItem.objects.filter(round=round).exclude(purpose="work").exists()
    other = watched_round(world, samples=30, annotators=1, repeat_share=0.2)
    for _ in range(25):
        submit(services.slot_claim(round=other, annotator=person, want=1)[0], person, NONE)
    before = RoundItem.objects.filter(round=other).count()
    last = Annotation.objects.filter(item__round=other).latest("pk")
    for base in range(1, 6):
        submit(last.slot, person, PANIC, base_revision=base)
    assert RoundItem.objects.filter(round=other).count() == before
