"""From a round that didn't pass to a retraining round, and to a fresh one."""

import pytest
from django.urls import reverse

from annotation import services
from annotation.errors import Invalid, Refused
from annotation.models import Round
from annotation.services.followups import fresh_samples
from pixelhub.accounts.models import Membership
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, label_all, make_records, make_round
from tests.personas import World


def disputed(world: World, **more: object) -> Round:
    return disputed_round(world, {1: HARM, 2: PANIC, 3: NONE}, {}, samples=6, **more)


def test_the_disputed_samples_come_back_to_those_who_labelled_them(world: World) -> None:
    round = disputed(world, annotators=3)
    url = reverse("annotation:round_retrain", args=[round.pk])
    answer = world.client("qa").post(url)
    made = Round.objects.get(parent=round)
    assert answer.status_code == 302 and answer["Location"] == reverse("annotation:round_detail", args=[made.pk])
    assert (made.kind, made.state, made.overlap) == ("retraining", "draft", 2)
    assert {item.record_id for item in made.items.all()} == {item_at(round, n).record_id for n in (1, 2)}
    people = set(made.round_annotators.values_list("annotator", flat=True))
    assert people == {world.user("annotator", n=1).pk, world.user("annotator", n=2).pk}
    assert AuditEvent.objects.filter(action="round.create").count() == 2
    # A second click, or a second person's, is the same round.
    assert world.client("pm").post(url)["Location"] == answer["Location"]
    assert Round.objects.filter(parent=round).count() == 1
    # It can be opened and labelled, and is not published.
    services.round_open(round=made, actor=world.user("qa"))
    label_all(made, world.user("annotator", n=1))
    label_all(made, world.user("annotator", n=2))
    services.round_close(round=made, actor=world.user("qa"))
    with pytest.raises(Refused, match="practice and retraining are for learning"):
        services.round_publish(round=made, actor=world.user("qa"))


def test_a_fresh_round_measures_again(world: World) -> None:
    round = disputed(world)
    url = reverse("annotation:round_follow", args=[round.pk])
    assert world.client("qa").post(url).status_code == 400  # no fresh samples left
    with pytest.raises(Invalid, match="no records to label"):
        services.round_follow(round=round, actor=world.user("qa"))
    make_records(world.project, 8)
    assert world.client("qa").post(url).status_code == 302
    made = Round.objects.get(parent=round)
    assert (made.kind, made.state, made.overlap, made.items.count()) == ("work", "draft", 2, 8)
    old = set(round.items.values_list("record", flat=True))
    assert not old & set(made.items.values_list("record", flat=True))
    assert services.round_follow(round=round, actor=world.user("pm")) == made


@pytest.mark.parametrize(
    ("sizes", "asked"), [(None, 1000), ({"likely": None}, 1000), ({"likely": 12}, 50), ({"likely": 420}, 420)]
)
def test_a_fresh_round_is_as_large_as_the_question_needs(sizes: dict[str, int] | None, asked: int) -> None:
    assert fresh_samples({"sizes": sizes}) == asked


@pytest.mark.parametrize("act", ["round_retrain", "round_follow"])
def test_who_may_not_and_when(world: World, act: str) -> None:
    round = make_round(world)
    url = reverse(f"annotation:{act}", args=[round.pk])
    assert world.client("annotator").post(url).status_code == 403
    assert world.client("ml_engineer").post(url).status_code == 403
    assert world.client("clinical_lead").post(url).status_code == 403
    assert world.outsider_client("qa").post(url).status_code == 404
    assert world.client("qa").get(url).status_code == 405
    answer = world.client("qa").post(url)  # an open round's labels stay blind
    assert answer.status_code == 409 and "Close the round first" in answer.content.decode()
    assert Round.objects.filter(parent__isnull=False).count() == 0


def test_nothing_to_train_again(world: World) -> None:
    agreed = disputed_round(world, {1: PANIC}, {1: PANIC})
    with pytest.raises(Refused, match="agree on every sample"):
        services.round_retrain(round=agreed, actor=world.user("qa"))


def test_who_left_is_not_invited(world: World) -> None:
    round = disputed(world)
    Membership.objects.filter(user=world.user("annotator", n=2)).delete()
    with pytest.raises(Refused, match="Fewer than two"):
        services.round_retrain(round=round, actor=world.user("qa"))
