"""“Start here”: one step after the other, in the browser's words; and what blocks real work says so kindly."""

import json
import re
import uuid
from typing import Any

from django.test import Client
from django.urls import reverse

from annotation import services
from annotation.actions_qualification import qualification_actions
from annotation.models import Round, Slot
from annotation.selectors import next_actions
from tests.annotation.making import PANIC, approved_guideline, label_all, make_round
from tests.annotation.making_gold import make_gold, right_label, watched_round
from tests.annotation.test_qualification import answer_set, begin, learning_set, require_qualification
from tests.personas import World

KIND = Round.Kind


def url(name: str, *args: Any) -> str:
    return reverse(f"annotation:{name}", args=args)


def text(client: Client, name: str = "start") -> str:
    return " ".join(client.get(url(name)).content.decode().split())


def titles(world: World, role: str, n: int = 1) -> list[str]:
    return [action.title for action in next_actions(world.user(role, n), world.project)]


def submit_json(client: Client, slot: Slot, **label: Any) -> Any:
    payload = {"slot": slot.pk, "client_uuid": str(uuid.uuid4()), "label": {"confidence": 0.7, **label}}
    address = reverse("annotation:api_submit", args=[slot.item.round_id])
    return client.post(address, json.dumps(payload), content_type="application/json").json()


def test_a_new_annotator_is_led_step_by_step(world: World) -> None:
    client, person = world.client("annotator"), world.user("annotator")
    work = make_round(world)
    require_qualification(world)
    learning_set(world, KIND.PRACTICE, 2)
    test = learning_set(world, KIND.QUALIFICATION)
    assert titles(world, "annotator") == ["Start here"]
    assert client.get(url("label"))["Location"] == client.get(url("round_label", work.pk))["Location"] == url("start")
    claim = client.post(reverse("annotation:api_claim", args=[work.pk]), "{}", content_type="application/json")
    assert claim.status_code == 403 and claim.json()["error"] == "not_qualified"
    page = text(client)
    assert "I have read version 1" in page and "qualify before real work" in page  # the reason came along
    client.post(url("start_read"), {"version": "7"})
    assert "I have read version 1" in text(client)
    client.post(url("start_read"), {"version": "1"})
    page = text(client)
    assert "I have read version 1" not in page and "0 of" not in page and "2 conversations" in page
    entered = client.post(url("start_practice"))
    assert entered.status_code == 302 and 'data-panel="feedback"' in client.get(entered["Location"]).content.decode()
    assert "0 of 2 answered" in text(client)
    answer_set(Round.objects.get(kind=KIND.PRACTICE), person)
    assert "Take the qualification" in text(client)
    entered = client.post(url("start_qualification"))
    assert 'data-panel="feedback"' not in client.get(entered["Location"]).content.decode()
    answer_set(test, person, wrong=2)
    page = text(client)
    assert "Not passed yet" in page and "Met <span" in page and "of 10" in page
    assert 'href="/annotation/guidelines/' in page and "QA sees that on their page" in page
    assert "Make a qualification set" in titles(world, "qa")
    again = learning_set(world, KIND.QUALIFICATION)
    assert "Make a qualification set" not in titles(world, "qa")
    client.post(url("start_qualification"))
    answer_set(again, person)
    assert "Real work is open to you" in text(client)
    assert titles(world, "annotator") == ["Label conversations"]
    assert client.get(url("label"))["Location"] == url("round_label", work.pk)


def test_where_work_is_open_the_steps_before_are_offered_and_not_in_its_way(world: World) -> None:
    client, person = world.client("annotator"), world.user("annotator")
    make_round(world)
    learning_set(world, KIND.PRACTICE, 2)
    test = learning_set(world, KIND.QUALIFICATION)
    begin(world, person)
    page = text(client)
    assert "Practise: after each label" in page and "Real work is open to you already" in page
    assert current_step(page) == "Label real conversations"
    assert "optional, 2 conversations" in page and "optional, 10 conversations" in page
    services.set_start(project=world.project, annotator=person, kind=KIND.PRACTICE)
    assert "optional, 0 of 2 answered" in text(client)
    answer_set(Round.objects.get(kind=KIND.PRACTICE), person)
    page = text(client)
    assert "Take the qualification. No feedback" in page and current_step(page) == "Label real conversations"
    require_qualification(world)
    page = text(client)
    assert "optional" not in page.partition("<main")[2] and "already" not in page
    assert current_step(page) == "Qualify"
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    answer_set(test, person)
    assert current_step(text(client)) == "Label real conversations"


def current_step(page: str) -> str:
    found = re.search(r'aria-current="step"> <span class="step-label">([^<]+)<', page)
    assert found is not None
    return found[1]


def test_practice_answers_with_the_experts_label_and_nothing_else_does(world: World) -> None:
    client, person = world.client("annotator"), world.user("annotator")
    practice = learning_set(world, KIND.PRACTICE, 2)
    test = learning_set(world, KIND.QUALIFICATION)
    begin(world, person)
    services.set_start(project=world.project, annotator=person, kind=KIND.PRACTICE)
    slots = {slot.item.gold.crisis_type: slot for slot in services.slot_claim(round=practice, annotator=person)}
    near = submit_json(client, slots["panic"], crisis_type="panic", severity=4)["feedback"]
    assert (near["verdict"], near["yours"], near["expert"]) == (
        "near", "Panic, severity 4 (high)", "Panic, severity 3 (moderate)",
    )  # fmt: skip
    assert near["rationale"] == "As the guideline says." and "an abrupt surge of fear" in near["section"]["html"]
    wrong = submit_json(client, slots["none"], crisis_type="panic", severity=3)
    assert wrong["feedback"]["verdict"] == "different" and wrong["feedback"]["expert"] == "No crisis"
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    slot = services.slot_claim(round=test, annotator=person, want=1)[0]
    right = right_label(slot)
    answer = submit_json(client, slot, crisis_type=right.crisis_type, severity=right.severity)
    assert "feedback" not in answer and answer["revision"] == 1


def test_ones_own_figures_come_after_the_round_closed_and_are_nobody_elses(world: World) -> None:
    make_gold(world, 6, "hidden", ("panic",))
    round = watched_round(world, samples=50, annotators=1, gold_share=0.1, repeat_share=0.2)
    one = world.user("annotator")
    label_all(round, one, dict.fromkeys(range(1, 200), PANIC))
    client, other = world.client("annotator"), world.client("annotator", n=2)
    assert "Your finished rounds" not in text(client)
    services.round_close(round=round, actor=world.user("qa"))
    page = text(client)
    assert "Your finished rounds" in page and "100.0%" in page and "of 5" in page
    assert "Your finished rounds" not in text(other)


def test_who_sees_the_page(world: World) -> None:
    approved_guideline(world)
    assert world.client("qa").get(url("start")).status_code == 403
    assert world.outsider_client("annotator").get(url("start")).status_code == 200  # of their own project
    assert world.anonymous().get(url("start")).status_code == 302
    assert world.client("qa").post(url("start_read"), {"version": "1"}).status_code == 403
    assert world.client("qa").post(url("start_practice")).status_code == 403
    assert qualification_actions(world.user("ml_engineer"), world.project) == []
