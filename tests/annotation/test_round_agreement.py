"""The agreement part of a round's page, its file, and what counts in it."""

import json

from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation.models import Annotation, GoldLabel, Round, RoundItem, Slot
from annotation.presentation_agreement import PARTS
from annotation.selectors_agreement import agreement_of, round_agreement, round_labels
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, label_all, make_round, submit
from tests.annotation.test_round_detail import page
from tests.personas import World

PANICS = {position: PANIC for position in range(1, 15)}


def low_round(world: World) -> Round:
    """Forty samples on which two people often differ."""
    return disputed_round(world, PANICS, {**PANICS, 1: NONE, 2: NONE, 3: NONE, 4: NONE, 20: HARM}, samples=40)


def test_the_page_says_what_to_do(world: World) -> None:
    round = low_round(world)
    text = page(world, round)
    assert "kappa, 95% interval, 40 samples with two labels" in text and "The gate stays on kappa" in text
    assert "“panic” or “no crisis”: in question on 4 samples." in text
    assert "Make a retraining round" in text and "Make the next agreement round" in text
    assert "AC1 takes less for chance" in text  # 70% of the labels are `none`
    reader = page(world, round, "ml_engineer")
    assert "in question on 4 samples" in reader and "Make a retraining round" not in reader


def test_every_part_and_the_live_part_agree(world: World) -> None:
    round = low_round(world)
    client = world.client("qa")
    said = {
        "types": "Kappa against the rest",
        "confusion": "missed crisis",
        "raters": "Mean kappa with the others",
        "sources": "The mark itself",
        "severity": "Not enough data",
        "confidence": "Agree with the others",
        "discuss": "Labels are sorted",
    }
    assert set(said) == {code for code, _ in PARTS}
    for code, words in said.items():
        for name in ("round_detail", "round_figures"):
            text = client.get(reverse(f"annotation:{name}", args=[round.pk]), {"part": code}).content.decode()
            assert words in text, (code, name)
    whole = client.get(reverse("annotation:round_detail", args=[round.pk]), {"part": "raters"}).content.decode()
    assert f"{reverse('annotation:round_figures', args=[round.pk])}?part=raters" in whole
    assert "Kappa against the rest" in page(world, round)  # an unknown part is the first


def test_the_discussion_names_nobody(world: World) -> None:
    round = low_round(world)
    answer = world.client("qa").get(reverse("annotation:round_detail", args=[round.pk]), {"part": "discuss"})
    listed = answer.content.decode().partition("Samples to discuss")[2]
    for person in (world.user("annotator", n=1), world.user("annotator", n=2)):
        assert person.pseudonym not in listed and str(person) not in listed
    assert "Sample 20" in listed and listed.index("Sample 20") < listed.index("Sample 1<")  # harm first
    assert f"?item={item_at(round, 20).pk}" in listed


def test_the_file_has_every_figure(world: World) -> None:
    round = low_round(world)
    url = reverse("annotation:round_agreement", args=[round.pk])
    answer = world.client("pm").get(url)
    assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"]
    found = json.loads(answer.content)
    assert found["round"] == round.number and found["paired_items"] == 40 and len(found["disputed"]) == 5
    assert found["raters"] == sorted(world.user("annotator", n=n).pseudonym for n in (1, 2))
    assert "long and grey" not in answer.content.decode()
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302


def test_after_the_close_the_kept_figures_stand(world: World) -> None:
    round = low_round(world)
    kept = round.agreement_results.get().figures
    assert agreement_of(round) == kept and kept["replicates"] == 1000
    Annotation.objects.filter(item=item_at(round, 1)).update(crisis_type="panic", severity=3)
    assert agreement_of(round) == kept


def test_hidden_samples_do_not_count(world: World) -> None:
    round = make_round(world, samples=4)
    label_all(round, world.user("annotator", n=1), {1: HARM})
    label_all(round, world.user("annotator", n=2), {2: HARM})
    assert len(agreement_of(round)["disputed"]) == 2
    first = item_at(round, 1)
    gold = GoldLabel.objects.create(
        project=round.project,
        record=first.record,
        use=GoldLabel.Use.HIDDEN,
        crisis_type="none",
        guideline=round.guideline,
        guideline_section="none",
        set_by=world.user("qa"),
    )
    RoundItem.objects.filter(pk=first.pk).update(purpose=RoundItem.Purpose.GOLD, gold=gold)
    found = agreement_of(round)
    assert found["items"] == 3 and len(found["disputed"]) == 1 and found["planned"] == 3
    RoundItem.objects.filter(pk=item_at(round, 2).pk).update(labels_wanted=1)
    assert round_agreement(round)["planned"] == 2


def test_all_labels_come_in_one_query(world: World, django_assert_num_queries: CaptureQueriesContext) -> None:
    round = make_round(world, samples=6, annotators=3, overlap=3)
    for n in (1, 2, 3):
        label_all(round, world.user("annotator", n=n))
    with django_assert_num_queries(1):
        assert len(round_labels(round).items) == 6
    agreement_of(round)
    with django_assert_num_queries(1):  # the stamp; the figures come from the cache
        agreement_of(round)


def test_an_edit_is_seen(world: World) -> None:
    round = make_round(world, samples=2)
    label_all(round, world.user("annotator", n=1), {1: PANIC})
    label_all(round, world.user("annotator", n=2), {1: PANIC})
    assert agreement_of(round)["disputed"] == []
    slot = Slot.objects.get(item=item_at(round, 1), annotator=world.user("annotator", n=2))
    submit(slot, world.user("annotator", n=2), HARM, base_revision=1)
    assert [entry["types"] for entry in agreement_of(round)["disputed"]] == [["immediate_harm", "panic"]]


def test_an_unknown_part_is_the_first(world: World) -> None:
    url = reverse("annotation:round_detail", args=[low_round(world).pk])
    for part in ("nonsense", "types'--"):
        assert "Kappa against the rest" in world.client("qa").get(url, {"part": part}).content.decode()
