"""People and samples of a round that runs, from its page."""

from django.urls import reverse

from annotation import services
from annotation.models import Batch, Round, RoundAnnotator
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import NONE, label_all, make_records, make_round, submit
from tests.personas import World

ACTS = ("round_annotator_add", "round_annotator_remove", "round_extend")


def to(act: str, round: Round) -> str:
    return reverse(f"annotation:{act}", args=[round.pk])


def page_of(world: World, round: Round, role: str = "qa") -> str:
    return world.client(role).get(reverse("annotation:round_detail", args=[round.pk])).content.decode()


def test_the_part_is_there_for_those_who_manage_a_round_that_can_change(world: World) -> None:
    round = make_round(world, annotators=3)
    world.user("annotator", n=4)
    make_records(world.project, 2)
    for role in ("qa", "pm", "data_engineer"):
        page = page_of(world, round, role)
        assert all(to(act, round) in page for act in ACTS) and "2 usable records are in no round yet" in page
    for role in ("annotator", "clinical_lead"):
        assert "People and samples" not in page_of(world, round, role)
    services.round_close(round=round, actor=world.user("qa"))
    assert "People and samples" not in page_of(world, round)


def test_somebody_is_invited_and_somebody_leaves(world: World) -> None:
    round = make_round(world, annotators=2)
    leaver, comer = world.user("annotator", n=2), world.user("annotator", n=3)
    held = services.slot_claim(round=round, annotator=leaver)
    submit(held[0], leaver, NONE)
    page = page_of(world, round)
    assert "need everybody who is here" in page and to("round_annotator_remove", round) not in page
    # Nobody can be taken out while all are needed; the page says why.
    refused = world.client("qa").post(to("round_annotator_remove", round), {"person": leaver.pk})
    assert refused.status_code == 400 and "at least 2 annotators" in refused.content.decode()

    client = world.client("qa")
    said = client.post(to("round_annotator_add", round), {"person": comer.pk}, follow=True).content.decode()
    assert f"{comer} is an annotator of this round now." in said
    said = client.post(to("round_annotator_remove", round), {"person": leaver.pk}, follow=True).content.decode()
    assert f"{leaver} is out of this round. Their labels stay; {len(held) - 1} sample" in said
    people = set(RoundAnnotator.objects.filter(round=round).values_list("annotator", flat=True))
    assert people == {world.user("annotator", n=1).pk, comer.pk}
    assert label_all(round, comer) == 4
    events = AuditEvent.objects.filter(action__startswith="round.annotator_").order_by("pk")
    assert [event.action for event in events] == ["round.annotator_add", "round.annotator_remove"]


def test_a_batch_is_added(world: World) -> None:
    round = make_round(world, samples=4)
    assert "Import more first" in page_of(world, round)
    nothing = world.client("qa").post(to("round_extend", round))
    assert nothing.status_code == 400 and "no records to label" in nothing.content.decode()
    make_records(world.project, 5)
    wrong = world.client("qa").post(to("round_extend", round), {"count": "0"})
    assert wrong.status_code == 400 and '<details class="card" open>' in wrong.content.decode()
    done = world.client("pm").post(to("round_extend", round), {"count": "3", "due_on": "2026-12-24"}, follow=True)
    assert "3 more samples, as a batch of their own." in done.content.decode()
    assert [str(batch.due_on) for batch in Batch.objects.filter(round=round).order_by("number")][-1] == "2026-12-24"
    assert round.items.count() == 7


def test_only_those_who_manage_rounds_change_them_and_only_with_their_own_people(world: World) -> None:
    round = make_round(world, annotators=3)
    make_records(world.project, 2)
    values = {"person": world.user("annotator", n=3).pk}
    for act in ACTS:
        assert world.client("annotator").post(to(act, round), values).status_code == 403  # a colleague
        assert world.client("clinical_lead").post(to(act, round), values).status_code == 403
        assert world.outsider_client("qa").post(to(act, round), values).status_code == 404
    for person in (world.outsider("annotator").pk, world.user("pm").pk, "x", "", 2**70):
        for act in ACTS[:2]:
            assert world.client("qa").post(to(act, round), {"person": person}).status_code == 400
    assert round.round_annotators.count() == 3 and round.items.count() == 4
