"""Setting up a round: who, what, how many labels each."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import Invalid
from annotation.models import Round, Slot
from datasets_app.models import Record
from tests.annotation.making import approved_guideline, make_records, make_round
from tests.personas import World


def form(world: World, **more: object) -> dict[str, object]:
    return {
        "name": "Batch 1",
        "guideline": approved_guideline(world).pk,
        "overlap": 2,
        "annotators": [world.user("annotator", n=n).pk for n in (1, 2)],
        "seed": 3,
        **more,
    }


def test_qa_sets_up_a_round_over_all_records(world: World) -> None:
    make_records(world.project, 5)
    answer = world.client("qa").post(reverse("annotation:round_create"), form(world))
    round = Round.objects.get()
    assert answer.status_code == 302 and answer["Location"] == reverse("annotation:round_detail", args=[round.pk])
    assert (round.state, round.items.count(), round.overlap) == ("draft", 5, 2)


def test_a_count_and_an_import_narrow_it(world: World) -> None:
    make_records(world.project, 5)
    first = make_round(world, samples=1, count=2)
    assert first.items.count() == 2
    batch = first.items.first().record.import_batch
    answer = world.client("qa").post(reverse("annotation:round_create"), form(world, import_batch=batch.pk, name="C"))
    assert answer.status_code == 302
    second = Round.objects.get(name="C")
    assert not set(second.items.values_list("record")) & set(first.items.values_list("record"))


def test_the_seed_decides_the_order(world: World) -> None:
    make_records(world.project, 12)
    records = world.project.records.all()
    people = [world.user("annotator", n=n) for n in (1, 2)]

    def order(seed: int) -> list[int]:
        made = services.round_create(
            project=world.project, name="x", guideline=approved_guideline(world), annotators=people, actor=None,
            records=records, seed=seed,
        )  # fmt: skip
        return list(made.items.order_by("position").values_list("record_id", flat=True))

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("role", ["annotator", "ml_engineer", "clinical_lead"])
def test_others_may_not(world: World, role: str) -> None:
    assert world.client(role).get(reverse("annotation:round_create")).status_code == 403
    assert world.client(role).post(reverse("annotation:round_create"), form(world)).status_code == 403


def test_too_few_people_are_refused_with_a_reason(world: World) -> None:
    make_records(world.project, 2)
    answer = world.client("qa").post(reverse("annotation:round_create"), form(world, overlap=3))
    assert answer.status_code == 200 and "need at least 3 annotators" in answer.content.decode()
    assert not Round.objects.exists()


def test_no_records_are_refused_with_a_reason(world: World) -> None:
    answer = world.client("qa").post(reverse("annotation:round_create"), form(world))
    assert "Import some first" in answer.content.decode()


def test_only_usable_records_are_taken_and_the_page_says_how_many_wait(world: World) -> None:
    made = make_records(world.project, 5)
    for record, change in zip(
        made, ({"pii_state": "pending"}, {"pii_state": "unscanned"}, {"state": "withdrawn"}), strict=False
    ):
        Record.objects.filter(pk=record.pk).update(**change)
    page = world.client("qa").get(reverse("annotation:round_create")).content.decode()
    assert "2 usable records are in no round yet" in page
    assert "2 more conversations wait for the review of identifiers" in page
    world.client("qa").post(reverse("annotation:round_create"), form(world))
    taken = set(Round.objects.get().items.values_list("record_id", flat=True))
    assert taken == {record.pk for record in made[3:]}


def test_records_given_by_hand_are_sieved_too(world: World) -> None:
    made = make_records(world.project, 3)
    Record.objects.filter(pk=made[0].pk).update(pii_state="pending")
    people = [world.user("annotator", n=n) for n in (1, 2)]
    round = services.round_create(
        project=world.project, name="x", guideline=approved_guideline(world), annotators=people, actor=None,
        records=Record.objects.filter(import_batch=made[0].import_batch),
    )  # fmt: skip
    assert not round.items.filter(record=made[0]).exists() and round.items.count() == 2


def test_records_that_all_wait_are_refused_with_their_number(world: World) -> None:
    make_records(world.project, 3)
    Record.objects.update(pii_state="pending")
    answer = world.client("qa").post(reverse("annotation:round_create"), form(world))
    assert "3 wait for their review of identifiers" in answer.content.decode()
    assert not Round.objects.exists()


def test_people_of_another_project_are_refused(world: World) -> None:
    make_records(world.project, 2)
    stranger = world.outsider("annotator")
    with pytest.raises(Invalid, match="not an annotator"):
        services.round_create(
            project=world.project, name="x", guideline=approved_guideline(world),
            annotators=[world.user("annotator"), stranger], actor=None,
        )  # fmt: skip


def test_records_of_another_project_never_come_in(world: World) -> None:
    make_records(world.project, 2)
    theirs = make_records(world.other_project, 3)
    made = services.round_create(
        project=world.project, name="x", guideline=approved_guideline(world),
        annotators=[world.user("annotator", n=n) for n in (1, 2)], actor=None, records=type(theirs[0]).objects.all(),
    )  # fmt: skip
    assert set(made.items.values_list("record__project", flat=True)) == {world.project.pk}


def test_opening_makes_exactly_the_asked_slots(world: World) -> None:
    round = make_round(world, samples=3, annotators=3, overlap=3)
    assert round.state == "open"
    assert Slot.objects.filter(item__round=round, state="free").count() == 9


def test_opening_twice_is_told(world: World) -> None:
    round = make_round(world)
    answer = world.client("qa").post(reverse("annotation:round_open", args=[round.pk]))
    assert answer.status_code == 409
    assert "opened already" in answer.content.decode()
