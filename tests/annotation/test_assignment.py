"""Who is handed what: batches, overlap by share, calm order, fair share, opt-outs; what changes while a round runs."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Annotation, Round, RoundAnnotator, RoundItem, Slot, Suggestion, TypeOptOut
from annotation.ordering import Sample, longest_severe_run
from annotation.selectors_assignment import allowance_of, left_for, nothing_left
from datasets_app.models import Record
from tests.annotation.making import HARM, PANIC, approved_guideline, label_all, make_records, make_round, submit
from tests.personas import World


def severe_records(world: World, samples: int, severe: int) -> None:
    """Records of which the first `severe` came in as severe self-harm, the others as a mild panic."""
    made = make_records(world.project, samples)
    for place, row in enumerate(made):
        row.proposed_type, row.proposed_severity = ("self_harm", 5) if place < severe else ("panic", 2)
    Record.objects.bulk_update(made, ["proposed_type", "proposed_severity"])


def ranked(round: Round) -> list[Sample]:
    slots = Slot.objects.filter(round=round, number=1).order_by("rank").select_related("item")
    return [Sample(slot.item_id, slot.item.hint_severity) for slot in slots]


def opened(world: World, *, annotators: int = 2, overlap: int = 2, **more: Any) -> Round:
    round = services.round_create(
        project=world.project, name="Round", guideline=approved_guideline(world), overlap=overlap, seed=3,
        annotators=[world.user("annotator", n=n) for n in range(1, annotators + 1)], actor=world.user("qa"),
        layout=services.Layout(**more),
    )  # fmt: skip
    return services.round_open(round=round, actor=world.user("qa"))


def test_batches_overlap_and_calm_order_are_laid_out_at_opening(world: World) -> None:
    severe_records(world, 40, 16)
    due = [date(2026, 12, 1), date(2026, 12, 8)]
    round = opened(world, annotators=3, overlap=2, overlap_share=0.3, batches=2, due_on=due)
    items = list(round.items.select_related("batch"))
    assert sorted(item.labels_wanted for item in items) == [1] * 28 + [2] * 12
    assert {item.batch.number: item.batch.due_on for item in items} == {1: due[0], 2: due[1]}
    per_type = {(item.batch.number, item.hint_type): 0.0 for item in items}
    for item in items:
        per_type[item.batch.number, item.hint_type] += (item.labels_wanted == 2) - 0.3
    assert all(abs(off) < 1 for off in per_type.values())  # every type of every batch has its part
    order = Slot.objects.filter(round=round).order_by("rank").values_list("item__batch__number", flat=True)
    assert list(order) == sorted(order)
    assert sorted(set(Slot.objects.filter(round=round).values_list("rank", flat=True))) == list(range(1, 41))
    assert longest_severe_run(ranked(round)) <= 2
    assert set(round.items.values_list("hint_type", "hint_severity")) == {("self_harm", 5), ("panic", 2)}


def test_each_persons_own_reading_is_calm(world: World) -> None:
    """Two people taking turns: without a look at the person, one of them could get all the severe ones."""
    severe_records(world, 24, 12)
    round = opened(world, overlap=1)
    people = [world.user("annotator", n=n) for n in (1, 2)]
    read: dict[int, list[Sample]] = {person.pk: [] for person in people}
    for turn in range(24):
        person = people[turn % 2]
        slot = services.slot_claim(round=round, annotator=person, want=1)[0]
        read[person.pk].append(Sample(slot.item_id, slot.item.hint_severity))
        submit(slot, person, PANIC)
    assert all(longest_severe_run(samples[:-3]) <= 2 for samples in read.values())


def test_nobody_is_handed_more_than_a_fair_share_while_others_have_work(world: World) -> None:
    make_records(world.project, 48)
    round = opened(world, annotators=3, overlap=1)
    quick, slow = world.user("annotator"), world.user("annotator", n=2)
    assert label_all(round, quick) == allowance_of(round) == 16 + 10
    assert nothing_left(round, quick)["why"] == "share"
    client = world.client("annotator")
    answer = client.post(reverse("annotation:api_claim", args=[round.pk]), "{}", content_type="application/json").json()
    assert answer["samples"] == [] and "your share" in answer["nothing"]["message"]
    assert label_all(round, slow) == 22  # all that is left: their share and some slack
    assert nothing_left(round, slow)["why"] == "done"


def test_those_who_do_not_come_hold_nobody_back(world: World) -> None:
    make_records(world.project, 30)
    round = opened(world, annotators=2, overlap=1)
    Round.objects.filter(pk=round.pk).update(opened_at=timezone.now() - timedelta(days=3))
    round.refresh_from_db()
    assert label_all(round, world.user("annotator")) == 30


def test_nobody_gets_a_type_they_opted_out_of(world: World) -> None:
    severe_records(world, 8, 4)
    round = opened(world, annotators=2, overlap=2, calm=False)
    person, client = world.user("annotator"), world.client("annotator")
    held = services.slot_claim(round=round, annotator=person)
    TypeOptOut.objects.create(annotator=person, project=world.project, crisis_type="self_harm")
    kept = services.slot_claim(round=round, annotator=person)
    assert {slot.item.hint_type for slot in kept} == {"panic"}
    given_back = [slot.pk for slot in held if slot.item.hint_type == "self_harm"]
    assert set(Slot.objects.filter(pk__in=given_back).values_list("state", flat=True)) <= {"free"}
    assert label_all(round, person) == 4 and left_for(round, person) == 0
    answer = client.post(reverse("annotation:api_claim", args=[round.pk]), "{}", content_type="application/json").json()
    assert answer["nothing"]["why"] == "opted_out" and "self" not in answer["nothing"]["message"]
    assert label_all(round, world.user("annotator", n=2)) == 8


def test_leaving_gives_back_what_was_handed_out_ahead(world: World) -> None:
    round = make_round(world, samples=3, annotators=2, overlap=1)
    one, two = world.client("annotator"), world.client("annotator", n=2)
    url = reverse("annotation:api_release", args=[round.pk])
    held = services.slot_claim(round=round, annotator=world.user("annotator"))
    assert services.slot_claim(round=round, annotator=world.user("annotator", n=2)) == []
    ahead = {"slots": [slot.pk for slot in held[1:]], "until": held[0].lease_until.isoformat()}
    before = {**ahead, "until": (held[0].lease_until - timedelta(seconds=1)).isoformat()}
    # The page was loaded again meanwhile, and its claim came first: nothing is given back.
    assert one.post(url, json.dumps(before), content_type="application/json").json() == {"released": 0}
    assert two.post(url, json.dumps(ahead), content_type="application/json").json() == {"released": 0}
    assert one.post(url, json.dumps(ahead), content_type="application/json").json() == {"released": 2}
    # Another window of the same person can still send its label, if nobody was faster.
    submit(held[1], world.user("annotator"), PANIC)
    theirs = services.slot_claim(round=round, annotator=world.user("annotator", n=2))
    assert [slot.pk for slot in theirs] == [held[2].pk]
    with pytest.raises(Refused, match="somebody else has it"):
        submit(held[2], world.user("annotator"), PANIC)
    assert one.post(url, json.dumps({"slots": "x"}), content_type="application/json").status_code == 400


def test_one_more_opinion_is_handed_out_next_and_only_to_somebody_fresh(world: World) -> None:
    round = make_round(world, samples=3, annotators=3, overlap=2)
    label_all(round, world.user("annotator"), {1: HARM})
    label_all(round, world.user("annotator", n=2))
    qa, third = world.user("qa"), world.user("annotator", n=3)
    with pytest.raises(NotAllowed):
        services.disagreements_ask_more(round=round, actor=third) or services.item_ask_more(
            item=round.items.first(), actor=third
        )
    assert services.disagreements_ask_more(round=round, actor=qa) == 1
    item = RoundItem.objects.get(round=round, position=1)
    assert item.labels_wanted == 3 and services.disagreements_ask_more(round=round, actor=qa) == 0
    assert label_all(round, third, {1: HARM}) == 1
    assert Annotation.objects.filter(item=item).count() == 3
    with pytest.raises(Refused, match="Everybody of this round"):
        services.item_ask_more(item=item, actor=qa)
    services.round_close(round=round, actor=qa)
    with pytest.raises(Refused, match="while the round is open"):
        services.item_ask_more(item=item, actor=qa)


def test_people_come_and_go_while_a_round_runs(world: World) -> None:
    round = make_round(world, samples=4, annotators=3, overlap=2)
    qa, leaver, comer = world.user("qa"), world.user("annotator", n=3), world.user("annotator", n=4)
    held = services.slot_claim(round=round, annotator=leaver)
    submit(held[0], leaver, PANIC)
    assert services.round_annotator_remove(round=round, person=leaver, actor=qa) == 2
    with pytest.raises(NotAllowed):
        services.slot_claim(round=round, annotator=leaver)
    assert Annotation.objects.filter(annotator=leaver).count() == 1  # what they did stays
    with pytest.raises(Invalid, match="at least 2"):
        services.round_annotator_remove(round=round, person=world.user("annotator"), actor=qa)
    for _ in range(2):
        services.round_annotator_add(round=round, person=comer, actor=qa)
    assert RoundAnnotator.objects.filter(round=round, annotator=comer).count() == 1
    assert services.slot_claim(round=round, annotator=comer)
    with pytest.raises(Invalid, match="not an annotator"):
        services.round_annotator_add(round=round, person=world.outsider("annotator"), actor=qa)
    with pytest.raises(NotAllowed):
        services.round_annotator_add(round=round, person=comer, actor=world.user("annotator"))


def test_a_round_grows_by_a_batch_that_comes_after_the_others(world: World) -> None:
    round = make_round(world, samples=4, annotators=2, overlap=2)
    make_records(world.project, 5)
    qa = world.user("qa")
    assert services.round_extend(round=round, actor=qa, count=3, due_on=date(2026, 12, 24)) == 3
    fresh = list(round.items.filter(batch__number=2).order_by("position"))
    assert [item.position for item in fresh] == [5, 6, 7] and fresh[0].batch.due_on == date(2026, 12, 24)
    last = max(Slot.objects.filter(round=round, item__batch__number=1).values_list("rank", flat=True))
    ranks = list(Slot.objects.filter(item__in=fresh).values_list("rank", flat=True))
    assert min(ranks) > last and len(ranks) == 6
    assert label_all(round, world.user("annotator")) == 7
    assert services.round_extend(round=round, actor=qa) == 2
    with pytest.raises(Invalid, match="no records to label"):
        services.round_extend(round=round, actor=qa)
    services.round_close(round=round, actor=qa)
    with pytest.raises(Refused, match="closed"):
        services.round_extend(round=round, actor=qa)


@pytest.mark.parametrize("ordering", ["uncertainty", "disagreement", "rarity"])
def test_smart_orders_put_first_what_scores_high_and_mark_it(world: World, ordering: str) -> None:
    made = make_records(world.project, 20)
    for place, row in enumerate(made):
        telling = place >= 16  # the last four are unsure, disputed and of a rare type
        kinds = ("psychotic", "none") if telling else ("panic", "panic")
        Suggestion.objects.bulk_create(
            Suggestion(
                project=world.project, record=row, origin="model", source=source, crisis_type=kind,
                confidence=0.4 + 0.1 * (kind == "psychotic") if telling else 0.95,
            )
            for source, kind in zip(("m1", "m2"), kinds, strict=True)
        )  # fmt: skip
    round = opened(world, ordering=ordering)
    first = Slot.objects.filter(round=round, number=1, item__by_chance=False).order_by("rank")
    telling_ones = {row.pk for row in made[16:]}
    by_score = list(first.values_list("item__record", flat=True))
    assert len(by_score) == 16
    lead = by_score[: len(telling_ones & set(by_score))]
    assert set(lead) <= telling_ones and lead
    assert round.items.filter(by_chance=True).count() == 4


@pytest.mark.parametrize(
    "layout",
    [
        {"overlap_share": 1.2}, {"batches": 0}, {"batches": 9}, {"ordering": "magic"}, {"gold_share": 0.5},
        {"repeat_share": -0.1}, {"due_on": [None, None]},
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_is_refused(world: World, layout: dict[str, Any]) -> None:
    make_records(world.project, 4)
    with pytest.raises(Invalid):
        opened(world, **layout)
    assert not Round.objects.exists()
