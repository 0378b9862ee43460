"""How far a round is, for those who lead it and for an annotator; the estimate of its end; the preview before it."""

from datetime import timedelta

import numpy as np
import pytest
from django.urls import reverse

from annotation.models import Annotation, Round, RoundItem
from annotation.pace import finish_in
from annotation.selectors_progress import board_of, round_preview
from tests.annotation.clock import Clock
from tests.annotation.making import HARM, NONE, approved_guideline, label_all, make_records, make_round
from tests.personas import World


def test_the_estimates_interval_holds_the_true_end_as_often_as_it_says() -> None:
    """Teams with a pace that swings more than chance, and weekends: 90% intervals hold the truth in 80 to 97%."""
    generator = np.random.default_rng(5)
    held = runs = 0
    for run in range(120):
        mean = generator.uniform(30, 120)
        days = generator.negative_binomial(6, 6 / (6 + mean), size=200) * (np.arange(200) % 7 < 5)
        past, future, remaining = days[:14], days[14:], int(mean * 15)
        truth = int(np.argmax(np.cumsum(future) >= remaining)) + 1
        found = finish_in([int(n) for n in past], remaining, seed=run)
        assert found is not None and found.low <= found.middle <= (found.high or 10**6)
        held += found.low <= truth <= (found.high or 10**6)
        runs += 1
    assert 0.80 <= held / runs <= 0.97


def test_too_little_says_so_and_no_pace_has_no_end() -> None:
    assert finish_in([5, 5], 10) is None
    assert finish_in([0, 0, 0, 9], 10) is None
    done = finish_in([], 0)
    assert done is not None and done.high == 0
    steady = finish_in([10, 10, 10], 35)
    assert steady is not None and (steady.low, steady.middle, steady.high) == (4, 4, 4)
    slow = finish_in([0, 1, 0, 1, 0], 10_000)
    assert slow is not None and slow.high is None


def test_the_board_counts_batches_and_people_and_ranks_nobody(world: World, clock: Clock) -> None:
    round = make_round(world, samples=24, annotators=3)
    label_all(round, world.user("annotator"), {1: HARM})
    label_all(round, world.user("annotator", n=2))
    Annotation.objects.update(seconds_spent=30)
    first = Annotation.objects.order_by("pk")[:10].values("pk")
    Annotation.objects.filter(pk__in=list(first.values_list("pk", flat=True))).update(
        submitted_at=clock.now - timedelta(days=2)
    )
    board = board_of(round)
    assert (board.total.labels, board.total.asked, board.total.remaining) == (48, 48, 0)
    assert (board.total.pairs, board.total.agreeing, board.disputed) == (24, 23, 1)
    assert [line.name for line in board.people] == sorted(line.name for line in board.people)
    assert board.total.median_seconds == 30 and board.total.today == 38
    assert [count for _, count in board.daily] == [10, 0, 38]
    assert {line.median_seconds for line in board.people if not line.labels} == {None}
    page = world.client("qa").get(reverse("annotation:round_progress", args=[round.pk])).content.decode()
    assert "48 of 48" in page and "96%" in page.replace("95.8%", "96%") and "not enough data" in page
    assert "1 sample has labels that differ" in page
    svg = world.client("qa").get(reverse("annotation:round_burndown", args=[round.pk]))
    assert svg["Content-Type"] == "image/svg+xml" and b"<svg" in svg.content


def test_one_more_person_is_asked_from_the_board(world: World) -> None:
    round = make_round(world, samples=3, annotators=3)
    label_all(round, world.user("annotator"), {1: HARM})
    label_all(round, world.user("annotator", n=2))
    url = reverse("annotation:round_ask_more", args=[round.pk])
    assert world.client("annotator").post(url).status_code == 403
    answer = world.client("qa").post(url, follow=True).content.decode()
    assert "One more person is asked about 1 sample." in answer
    assert RoundItem.objects.get(round=round, position=1).labels_wanted == 3


def test_an_annotator_sees_their_own_figures_only(world: World) -> None:
    round = make_round(world, samples=3)
    label_all(round, world.user("annotator", n=2), {1: NONE})
    url = reverse("annotation:round_progress", args=[round.pk])
    page = world.client("annotator").get(url).content.decode()
    assert "Your labels" in page and world.user("annotator", n=2).pseudonym not in page
    assert "agree" not in page.lower().split("<main")[1].split("</main")[0]
    burndown = reverse("annotation:round_burndown", args=[round.pk])
    assert world.client("annotator").get(burndown).status_code == 403
    assert world.client("annotator", n=3).get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404


def test_the_board_asks_the_database_the_same_few_times_for_more_labels(
    world: World, django_assert_max_num_queries: object
) -> None:
    round = make_round(world, samples=8)
    label_all(round, world.user("annotator"))
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        board_of(round)


def test_a_preview_says_what_a_round_asks_and_makes_nothing(world: World) -> None:
    make_records(world.project, 10)
    people = [world.user("annotator", n=n).pk for n in (1, 2)]
    form = {
        "name": "R", "guideline": approved_guideline(world).pk, "overlap": 2, "annotators": people, "seed": 3,
        "overlap_percent": 50, "batches": 2, "first_due": "2026-12-01", "days_between": 3, "ordering": "rarity",
        "calm": "on", "gold_percent": 10, "repeat_percent": 5,
    }  # fmt: skip
    client, url = world.client("pm"), reverse("annotation:round_create")
    page = client.post(url, {**form, "preview": "1"}).content.decode()
    assert "What this asks" in page and "not enough data" in page and not Round.objects.exists()
    assert client.post(url, form).status_code == 302
    round = Round.objects.get()
    assert (round.overlap_share, round.ordering, round.calm, round.gold_share, round.repeat_share) == (
        0.5, "rarity", True, 0.1, 0.05,
    )  # fmt: skip
    assert [str(batch.due_on) for batch in round.batches.all()] == ["2026-12-01", "2026-12-04"]
    refused = client.post(url, {**form, "name": "S", "batches": 500}).content.decode()
    assert "<details open>" in refused


def test_hours_come_from_what_labels_took_so_far(world: World) -> None:
    round = make_round(world, samples=20)
    label_all(round, world.user("annotator"))
    Annotation.objects.update(seconds_spent=36)
    found = round_preview(world.project, samples=100, overlap=2, overlap_share=0.5, people=3)
    assert (found.labels, found.per_person, found.seconds) == (150, 50, 36)
    assert found.hours == pytest.approx(0.5)
