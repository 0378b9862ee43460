"""What reviews found, per round and batch: honest shares with intervals, pseudonyms, and cells that run nothing."""

import csv
import io

import pytest
from django.urls import reverse

from annotation import services
from annotation.models import Annotation, Batch, QualityReview, Round, RoundItem
from annotation.quality_figures import Reviewed, projected, shares
from annotation.services import Finding
from pixelhub.csv_cells import csv_text, formula_safe
from tests.annotation.making import PANIC, label_all, make_round
from tests.personas import World

FORMULA = '=HYPERLINK("http://x")'


@pytest.fixture
def reviewed(world: World) -> Round:
    """8 labels, all reviewed: 6 agreed, one small difference, one judged differently (both of annotator 1)."""
    round = make_round(world, samples=4)
    for n in (1, 2):
        label_all(round, world.user("annotator", n), {1: PANIC})
    services.round_close(round=round, actor=world.user("qa"))
    services.quality_draw(round=round, actor=world.user("qa"), share=1.0)
    for review in QualityReview.objects.select_related("annotation__item__round", "annotation__annotator"):
        finding = Finding("agreed")
        if review.annotation.annotator == world.user("annotator") and review.annotation.item.position == 1:
            finding = Finding("minor", "panic", 4, "panic", FORMULA)
        if review.annotation.annotator == world.user("annotator") and review.annotation.item.position == 2:
            finding = Finding("major", "self_harm", 3, "self_harm", "An urge, said twice.")
        services.quality_review(review=review, actor=world.user("qa"), finding=finding)
    major = QualityReview.objects.get(verdict="major")
    services.quality_answer(review=major, actor=world.user("annotator"), answer="I see.")
    return round


def test_figures_on_page_json_and_csv_agree(world: World, reviewed: Round) -> None:
    client = world.client("qa")
    report = client.get(reverse("annotation:quality_json", args=[reviewed.pk])).json()
    assert report["total"] == {
        "reviewed": 8,
        "agreed": 6,
        "minor": 1,
        "major": 1,
        "share": 0.75,
        "interval": {"low": pytest.approx(0.4093, abs=1e-4), "high": pytest.approx(0.9285, abs=1e-4)},
    }
    assert {row["crisis_type"]: (row["reviewed"], row["agreed"]) for row in report["by_type"]} == {
        "panic": (2, 1),
        "none": (6, 5),
    }
    assert sorted((row["labels"], row["agreed"]) for row in report["by_annotator"]) == [(4, 2), (4, 4)]
    assert [row["verdict"] for row in report["findings"]] == ["major", "minor"]
    assert (report["read"], report["answered"], report["projected"]["share"]) == (1, 1, pytest.approx(0.75))
    page = client.get(reverse("annotation:quality", args=[reviewed.pk])).content.decode()
    assert "75.0%" in page and "An urge, said twice." in page and "I see." in page
    table = list(
        csv.reader(io.StringIO(client.get(reverse("annotation:quality_csv", args=[reviewed.pk])).content.decode()))
    )
    assert table[1][:8] == ["total", "", "8", "8", "6", "1", "1", "0.75"]
    cells = [cell for row in table for cell in row]
    assert f"'{FORMULA}" in cells and not [cell for cell in cells if cell.startswith(("=", "+", "@"))]


def test_others_than_qa_see_pseudonyms_and_no_words(world: World, reviewed: Round) -> None:
    person = world.user("annotator")
    assert str(person) in world.client("qa").get(reverse("annotation:quality", args=[reviewed.pk])).content.decode()
    for role in ("pm", "ml_engineer"):
        for name in ("quality", "quality_json", "quality_csv"):
            body = world.client(role).get(reverse(f"annotation:{name}", args=[reviewed.pk])).content.decode()
            assert person.pseudonym in body and str(person) not in body
            assert "An urge" not in body and "I see." not in body and "HYPERLINK" not in body
    url = reverse("annotation:quality", args=[reviewed.pk])
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("pm").get(url).status_code == 404


def test_a_batch_has_a_report_of_its_own(world: World, reviewed: Round) -> None:
    batch = Batch.objects.create(round=reviewed, number=2)
    RoundItem.objects.filter(round=reviewed, position=1).update(batch=batch)
    client, url = world.client("pm"), reverse("annotation:quality_json", args=[reviewed.pk])
    report = client.get(url, {"batch": 2}).json()
    assert (report["batch"], report["labels"], report["total"]["agreed"]) == (2, 2, 1)
    assert "quality-round-1-batch-2.json" in client.get(url, {"batch": 2}).headers["Content-Disposition"]
    for wrong in ("9", "x", "1" * 40):
        assert client.get(url, {"batch": wrong}).status_code == 404
    assert "Batch 2" in client.get(reverse("annotation:quality", args=[reviewed.pk])).content.decode()


def test_a_label_changed_since_is_said(world: World, reviewed: Round) -> None:
    Annotation.objects.filter(quality_review__verdict="major").update(revision=2)
    page = world.client("qa").get(reverse("annotation:quality", args=[reviewed.pk])).content.decode()
    assert page.count("changed since") == 1


def test_nothing_reviewed_gives_no_figure(world: World) -> None:
    round = make_round(world, samples=1)
    page = world.client("pm").get(reverse("annotation:quality", args=[round.pk])).content.decode()
    assert "No finished label yet" in page
    assert shares([]) == {"reviewed": 0, "agreed": 0, "minor": 0, "major": 0, "share": None, "interval": None}
    assert projected([], {"a": 3}) == {"covered": 0.0, "share": None, "interval": None}


def test_an_oversampled_draw_projects_back_to_all_labels() -> None:
    # 10 risky labels all reviewed, half of them agreed; 90 others, 10 reviewed and all agreed.
    rows = [Reviewed("agreed" if n < 5 else "major", "risky") for n in range(10)] + [Reviewed("agreed", "plain")] * 10
    estimate = projected(rows, {"risky": 10, "plain": 90})
    assert shares(row.verdict for row in rows)["share"] == 0.75
    assert estimate["share"] == pytest.approx((10 * 0.5 + 90 * 1.0) / 100) and estimate["covered"] == 1.0
    assert estimate["interval"]["low"] < 0.95 < estimate["interval"]["high"]
    assert projected(rows, {"risky": 10, "plain": 90, "unseen": 100})["covered"] == 0.5
    even = projected([Reviewed("agreed", 1)] * 6 + [Reviewed("minor", 1)] * 2, {1: 80})
    assert even["interval"]["low"] == pytest.approx(0.4093, abs=1e-4)  # equal weights are Wilson's own interval


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_looks_like_a_formula_is_marked_as_text(start: str) -> None:
    assert formula_safe(f"{start}1+1") == f"'{start}1+1"
    (row,) = csv.reader(io.StringIO(csv_text([[f"{start}1", -1, None, "a=b"]]), newline=""))
    assert row == [f"'{start}1", "-1", "", "a=b"]
