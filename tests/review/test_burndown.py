"""Annotation to the end: what is left is never negative, a finish comes with its range, or none does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.models import Annotation, Round
from annotation.pace import finish_in
from review import burndown
from review.burndown import Burndown, burndown_of, burndown_picture
from review.evidence.program import annotation_target
from tests.annotation.clock import Clock
from tests.annotation.making import label_all, make_round
from tests.personas import World

TODAY = date(2026, 3, 1)


@settings(max_examples=20)
@given(
    target=st.integers(1, 60),
    daily=st.lists(st.integers(0, 25), max_size=12),
    seed=st.integers(0, 5),
)
def test_what_is_left_is_never_negative_and_the_finish_lies_in_its_range(
    target: int, daily: list[int], seed: int
) -> None:
    done = sum(daily)
    days = [(TODAY - timedelta(days=len(daily) - number), count) for number, count in enumerate(daily)]
    found = Burndown(target, done, 0, days, finish_in(daily, max(0, target - done), seed=seed), TODAY)
    assert found.remaining == max(0, target - done)
    if found.finish is None:
        assert len(daily) < found.days_needed or sum(count > 0 for count in daily) < found.days_needed - 1
        assert (found.finish_day, found.earliest, found.latest) == (None, None, None)
        return
    assert found.finish_day is not None and found.earliest is not None
    assert TODAY <= found.earliest <= found.finish_day
    assert found.latest is None or found.finish_day <= found.latest
    assert (found.finish_day == TODAY) is (found.remaining == 0)


@pytest.mark.django_db
def test_samples_count_when_all_their_labels_are_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert burndown_of(world.project, today=TODAY).target == annotation_target() == 4500
    monkeypatch.setattr(burndown, "annotation_target", lambda: 10)
    monkeypatch.setattr(timezone, "now", Clock())  # no midnight comes while it is counted
    today = timezone.localdate()
    round = make_round(world, samples=8, annotators=2)
    client, url = world.client("qa"), reverse("review:burndown")
    assert "Not enough data for an estimate" in client.get(url).content.decode()
    label_all(round, world.user("annotator"))
    assert burndown_of(world.project, today=today).done == 0, "one of two labels is half a sample"
    label_all(round, world.user("annotator", n=2))
    items = list(round.items.order_by("pk").values_list("pk", flat=True))
    for number, pk in enumerate(items):
        at = timezone.now() - timedelta(days=1 + number % 4)
        Annotation.objects.filter(item=pk).update(submitted_at=at)
    found = burndown_of(world.project, today=today)
    assert (found.done, found.remaining, found.simulated) == (8, 2, 0)
    assert [count for _, count in found.daily] == [2, 2, 2, 2, 0]
    assert (found.earliest, found.finish_day, found.latest) == (today + timedelta(days=1),) * 3, "two a day, two left"
    page = client.get(url).content.decode()
    assert "Likely done on" in page and "90% interval" in page
    assert burndown_picture(found).lstrip().startswith(("<svg", "<?xml"))
    Round.objects.filter(pk=round.pk).update(simulated=True)
    simulated = burndown_of(world.project, today=today)
    assert (simulated.done, simulated.simulated, simulated.finish) == (8, 8, None), "a program's pace is nobody's"
    monkeypatch.setattr(burndown, "annotation_target", lambda: 6)
    over = burndown_of(world.project, today=today)
    assert (over.remaining, over.finish_day) == (0, today), "more than was asked is not less than nothing"
    assert "All are in." in client.get(url).content.decode()
