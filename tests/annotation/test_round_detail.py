"""What a round's page says while it runs, and what each role is asked to do next."""

import re

import pytest
from django.urls import reverse

from annotation import services
from annotation.selectors import agreement_of, next_actions, round_progress
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, label_all, make_round
from tests.personas import World


def page(world: World, round: object, role: str = "qa") -> str:
    answer = world.client(role).get(reverse("annotation:round_detail", args=[round.pk]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_progress_and_agreement_are_live(world: World) -> None:
    round = make_round(world, samples=4)
    assert "Agreement appears when" in page(world, round)
    label_all(round, world.user("annotator", n=1), {1: PANIC, 2: HARM})
    label_all(round, world.user("annotator", n=2), {1: PANIC, 2: HARM})
    progress = round_progress(round)
    assert (progress.done, progress.total, progress.complete) == (8, 8, 4)
    text = page(world, round)
    assert "8 of 8 labels" in text and "All labels are in." in text
    # Four samples without a disagreement prove nothing: the interval says so.
    assert re.search(r"1\.000 95% interval -?0\.\d{3} to 1\.000", text) and "Too early to say: 4 of" in text


def test_a_new_label_changes_the_figures_at_once(world: World) -> None:
    round = make_round(world, samples=3)
    label_all(round, world.user("annotator", n=1), {1: PANIC})
    before = agreement_of(round)["ratings"]
    person = world.user("annotator", n=2)
    slot = services.slot_claim(round=round, annotator=person)[0]
    services.annotation_submit(
        slot=slot, annotator=person, label=NONE, client_uuid="00000000-0000-4000-8000-000000000009"
    )
    assert agreement_of(round)["ratings"] == before + 1


def test_a_small_round_does_not_settle_the_gate(world: World) -> None:
    round = make_round(world, samples=8)
    label_all(round, world.user("annotator", n=1), {1: PANIC, 2: PANIC, 3: PANIC, 4: HARM})
    label_all(round, world.user("annotator", n=2), {1: PANIC, 2: PANIC, 3: PANIC})
    figures = agreement_of(round)
    assert figures["verdict"] == "not yet settled"
    assert figures["interval"]["low"] <= 0.85 < figures["interval"]["high"]
    assert figures["kappa_of"] == "Cohen" and figures["ac1"] is not None


@pytest.mark.parametrize("role", ["pm", "qa", "clinical_lead", "data_engineer", "ml_engineer"])
def test_who_reads_agreement(world: World, role: str) -> None:
    assert "Agreement" in page(world, make_round(world), role)


def test_who_does_not(world: World) -> None:
    round = make_round(world)
    url = reverse("annotation:round_detail", args=[round.pk])
    assert "Agreement" not in page(world, round, "annotator")
    assert world.client("annotator", n=3).get(url).status_code == 403
    assert world.client("administrator").get(url).status_code == 403
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302


def test_the_list_shows_only_ones_own(world: World) -> None:
    make_round(world)
    url = reverse("annotation:rounds")
    assert "Batch 1" in world.client("qa").get(url).content.decode()
    assert "Batch 1" in world.client("annotator").get(url).content.decode()
    assert "Batch 1" not in world.client("annotator", n=3).get(url).content.decode()
    assert "Batch 1" not in world.outsider_client("qa").get(url).content.decode()


def test_each_role_is_told_what_to_do_next(world: World) -> None:
    def titles(role: str) -> list[str]:
        return [action.title for action in next_actions(world.user(role), world.project)]

    services.guideline_ensure_first(project=world.project)
    assert titles("clinical_lead") == ["Approve guideline version 1"]
    round = make_round(world)
    assert titles("annotator") == ["Label conversations"]
    label_all(round, world.user("annotator", n=1), {1: HARM})
    assert titles("annotator") == []
    label_all(round, world.user("annotator", n=2))
    assert titles("qa") == ["Close the round"]
    services.round_close(round=round, actor=world.user("qa"))
    assert titles("qa") == ["Decide disagreements"]
    assert next_actions(world.user("qa"), world.project)[0].count == 1
    assert next_actions(world.outsider("qa"), world.other_project) == []


def test_the_next_step_leads_from_close_to_publish(world: World) -> None:
    round = disputed_round(world, {1: HARM}, {})
    assert "1 disagreement waits" in page(world, round)
