"""From the last label to a published snapshot."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import Refused
from annotation.models import AgreementResult, Annotation, Slot
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, label_all, make_round, ruling
from tests.personas import World


def test_closing_keeps_agreement_and_ends_leases(world: World) -> None:
    round = make_round(world)
    label_all(round, world.user("annotator", n=1))
    services.slot_claim(round=round, annotator=world.user("annotator", n=2))
    answer = world.client("qa").post(reverse("annotation:round_close", args=[round.pk]))
    assert answer.status_code == 302
    round.refresh_from_db()
    assert round.state == "closed" and round.closed_at is not None
    assert not Slot.objects.filter(item__round=round, state="leased").exists()
    assert AgreementResult.objects.get(round=round).figures["ratings"] == 4
    assert world.client("qa").post(reverse("annotation:round_close", args=[round.pk])).status_code == 409


@pytest.mark.parametrize("act", ["round_open", "round_close", "round_publish"])
def test_who_may_not(world: World, act: str) -> None:
    round = make_round(world)
    url = reverse(f"annotation:{act}", args=[round.pk])
    assert world.client("annotator").post(url).status_code == 403
    assert world.client("ml_engineer").post(url).status_code == 403
    assert world.outsider_client("qa").post(url).status_code == 404
    assert world.client("qa").get(url).status_code == 405


def test_undecided_disagreements_stop_publication_and_are_counted(world: World) -> None:
    round = disputed_round(world, {1: HARM, 2: HARM}, {})
    answer = world.client("qa").post(reverse("annotation:round_publish", args=[round.pk]))
    assert answer.status_code == 409
    assert "2 disagreements are not decided yet" in answer.content.decode()
    round.refresh_from_db()
    assert round.state == "closed" and round.snapshot is None


def test_an_open_round_is_not_published(world: World) -> None:
    with pytest.raises(Refused, match="closed round"):
        services.round_publish(round=make_round(world), actor=world.user("qa"))


def test_published_labels_carry_their_raw_labels(world: World) -> None:
    round = disputed_round(world, {1: PANIC, 2: HARM}, {1: PANIC})
    services.adjudicate(
        item=item_at(round, 2), actor=world.user("qa"), ruling=ruling(crisis_type="self_harm", severity=4)
    )
    assert world.client("qa").post(reverse("annotation:round_publish", args=[round.pk])).status_code == 302
    round.refresh_from_db()
    snapshot = round.snapshot
    assert round.state == "published" and snapshot.labels_count == 4 and snapshot.simulated is False
    assert snapshot.origin["rounds"] == [round.pk] and snapshot.origin["incomplete_left_out"] == 0
    labels = {label.record_id: label for label in snapshot.labels.all()}
    one, two = (labels[item_at(round, position).record_id] for position in (1, 2))
    assert (one.crisis_type, one.severity, one.decided_by) == ("panic", 3, "unanimous")
    assert (two.crisis_type, two.severity, two.decided_by) == ("self_harm", 4, "adjudicated")
    raw = Annotation.objects.filter(item=item_at(round, 2)).order_by("pk")
    assert two.annotations == [{"id": a.pk, "sha256": a.sha256, "annotator": a.annotator.pseudonym} for a in raw]
    assert two.annotators == sorted(a.annotator.pseudonym for a in raw)
    assert AuditEvent.objects.filter(action="round.publish").count() == 1
    with pytest.raises(Refused):
        services.round_publish(round=round, actor=world.user("qa"))


def test_incomplete_samples_are_left_out_and_counted(world: World) -> None:
    round = make_round(world, samples=3)
    label_all(round, world.user("annotator", n=1))
    person = world.user("annotator", n=2)
    services.annotation_submit(
        slot=services.slot_claim(round=round, annotator=person)[0], annotator=person, label=NONE,
        client_uuid="00000000-0000-4000-8000-000000000001",
    )  # fmt: skip
    services.round_close(round=round, actor=world.user("qa"))
    published = services.round_publish(round=round, actor=world.user("qa"))
    assert published.snapshot.labels_count == 1
    assert published.snapshot.origin["incomplete_left_out"] == 2


def test_nothing_complete_is_nothing_to_publish(world: World) -> None:
    round = make_round(world)
    services.round_close(round=round, actor=world.user("qa"))
    with pytest.raises(Refused, match="No sample has all its labels"):
        services.round_publish(round=round, actor=world.user("qa"))
