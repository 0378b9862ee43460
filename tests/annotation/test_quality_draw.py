"""A sample of finished labels drawn for review: reproducible, from every annotator and type, never one's own."""

from collections import Counter

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Annotation, Batch, QualityReview, Round, RoundItem
from annotation.quality_sampling import Candidate, draw
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, PANIC, label_all, make_round
from tests.personas import World

people = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(CRISIS_TYPES), st.sampled_from([0.4, 0.7, 0.95])), max_size=60
)


def candidates(rows: list[tuple[int, str, float]]) -> list[Candidate]:
    return [Candidate(pk, *row) for pk, row in enumerate(rows, start=1)]


@given(people, st.integers(1, 70), st.integers(0, 5), st.booleans())
@settings(max_examples=80)
def test_a_draw_is_exact_reproducible_and_reaches_every_stratum(
    rows: list[tuple[int, str, float]], size: int, seed: int, oversample: bool
) -> None:
    labels = candidates(rows)
    drawn = draw(labels, size, seed=seed, oversample=oversample)
    assert len(drawn) == len(set(drawn)) == min(size, len(labels))
    assert set(drawn) <= {label.pk for label in labels}
    assert drawn == draw(labels[::-1], size, seed=seed, oversample=oversample)
    strata = {(label.annotator, label.crisis_type) for label in labels}
    if not oversample and size >= len(strata):
        assert {(labels[pk - 1].annotator, labels[pk - 1].crisis_type) for pk in drawn} == strata


def test_another_seed_draws_others_in_the_same_proportion() -> None:
    labels = candidates([(1, "none", 0.95)] * 80 + [(2, "none", 0.95)] * 40)
    one, two = draw(labels, 30, seed=1), draw(labels, 30, seed=2)
    assert set(one) != set(two)
    for drawn in (one, two):
        assert Counter(labels[pk - 1].annotator for pk in drawn) == {1: 20, 2: 10}


def test_oversampling_triples_immediate_harm_and_low_confidence() -> None:
    labels = candidates([(1, "none", 0.95)] * 100 + [(1, "immediate_harm", 0.95)] * 20 + [(1, "none", 0.4)] * 20)
    plain = Counter(labels[pk - 1].is_risky for pk in draw(labels, 42, seed=1))
    more = Counter(labels[pk - 1].is_risky for pk in draw(labels, 42, seed=1, oversample=True))
    assert 11 <= plain[True] <= 13  # two sevenths of 42
    assert 22 <= more[True] <= 24  # 3 x 40 of 220


@pytest.fixture
def labelled(world: World) -> Round:
    """An open round with 12 labels of two people."""
    round = make_round(world, samples=6)
    for n in (1, 2):
        label_all(round, world.user("annotator", n), {1: PANIC, 2: HARM})
    return round


def test_a_share_of_an_open_round_is_drawn_once(world: World, labelled: Round) -> None:
    qa = world.user("qa")
    assert services.quality_draw(round=labelled, actor=qa, share=0.5, seed=3) == 6
    drawn = QualityReview.objects.all()
    assert {review.verdict for review in drawn} == {"pending"} and {review.drawn_by for review in drawn} == {qa}
    both = {world.user("annotator", n).pk for n in (1, 2)}
    assert set(drawn.values_list("annotation__annotator", flat=True)) == both
    assert services.quality_draw(round=labelled, actor=qa, count=100) == 6
    with pytest.raises(Refused, match="drawn already"):
        services.quality_draw(round=labelled, actor=qa, count=1)
    events = [event.payload_json for event in AuditEvent.objects.filter(action="quality.draw").order_by("seq")]
    assert len(events) == 2 and '"labels":6' in events[0] and '"seed":3' in events[0]


def test_nobody_draws_their_own_labels(world: World, labelled: Round) -> None:
    world.grant(world.user("annotator"), "qa")
    world.user("annotator").__dict__.pop("_capability_cache", None)
    services.quality_draw(round=labelled, actor=world.user("annotator"), share=1.0)
    drawn = set(QualityReview.objects.values_list("annotation__annotator", flat=True))
    assert drawn == {world.user("annotator", 2).pk}


def test_a_batch_is_drawn_by_itself_and_hidden_samples_never(world: World, labelled: Round) -> None:
    batch = Batch.objects.create(round=labelled, number=2)  # every round begins with one
    RoundItem.objects.filter(round=labelled, position__lte=2).update(batch=batch)
    assert services.quality_draw(round=labelled, batch=batch, actor=world.user("qa"), share=1.0) == 4
    assert set(QualityReview.objects.values_list("batch", flat=True)) == {batch.pk}
    hidden = RoundItem.objects.get(round=labelled, position=6)
    RoundItem.objects.filter(pk=hidden.pk).update(
        purpose="repeat", repeat_of=RoundItem.objects.get(round=labelled, position=5)
    )
    assert services.quality_draw(round=labelled, actor=world.user("qa"), share=1.0) == 6
    assert not QualityReview.objects.filter(annotation__item=hidden).exists()


@pytest.mark.parametrize(
    "wrong", [{}, {"count": 0}, {"share": 0.0}, {"share": 1.5}, {"share": float("nan")}, {"count": 1, "share": 0.1}]
)
def test_an_impossible_size_is_refused(world: World, labelled: Round, wrong: dict[str, float]) -> None:
    with pytest.raises(Invalid):
        services.quality_draw(round=labelled, actor=world.user("qa"), **wrong)
    assert not QualityReview.objects.exists()


def test_practice_is_not_drawn(world: World, labelled: Round) -> None:
    labelled.kind = Round.Kind.PRACTICE
    with pytest.raises(Invalid, match="experts"):
        services.quality_draw(round=labelled, actor=world.user("qa"), count=1)


def test_who_draws_on_the_page(world: World, labelled: Round) -> None:
    url = reverse("annotation:quality_draw", args=[labelled.pk])
    sent = {"percent": "50", "seed": "1", "oversample": "on"}
    for role in ("pm", "annotator", "ml_engineer"):
        assert world.client(role).post(url, sent).status_code == 403
    assert world.outsider_client("qa").post(url, sent).status_code == 404
    with pytest.raises(NotAllowed):
        services.quality_draw(round=labelled, actor=world.user("pm"), count=1)
    client = world.client("qa")
    page = client.get(reverse("annotation:quality", args=[labelled.pk])).content.decode()
    assert "Nothing drawn yet" in page and "Draw a sample" in page
    assert client.post(url, {**sent, "percent": "0"}).status_code == 400
    assert client.post(url, {**sent, "percent": "nan"}).status_code == 400
    assert client.post(url, {**sent, "batch": "7"}).status_code == 404
    assert client.post(url, sent).status_code == 302
    assert QualityReview.objects.count() == 6 and Annotation.objects.count() == 12
    assert client.post(url, {**sent, "percent": "100"}).status_code == 302
    assert client.post(url, sent).status_code == 409
