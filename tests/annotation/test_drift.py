"""The pages of QA: drift with names, one person's chart, decisions; and the policy."""

from typing import Any

import pytest
from django.urls import reverse

from annotation import services
from annotation.agreement.experts import Answer, against_experts, pair_kappa
from annotation.models import AnnotationPolicy, RoundItem
from annotation.selectors import next_actions
from annotation.selectors_policy import policy_of
from annotation.selectors_qualification import drift_rows
from pixelhub.accounts.models import Membership, User
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import PANIC, label_all
from tests.annotation.making_gold import make_gold, watched_round
from tests.annotation.test_annotator_pause import answer_gold
from tests.personas import World


def url(name: str, *args: Any) -> str:
    return reverse(f"annotation:{name}", args=args)


def test_qa_sees_who_is_paused_and_decides(world: World) -> None:
    make_gold(world, 20, "hidden")
    round = watched_round(world, samples=80, annotators=2, gold_share=0.2)
    one, two = (world.user("annotator", n=n) for n in (1, 2))
    answer_gold(round, one, [False] * 8)
    answer_gold(round, two, [True] * 8)
    qa = world.client("qa")
    action = next(a for a in next_actions(world.user("qa"), world.project) if a.title == "Annotators are paused")
    assert (action.count, action.url) == (1, url("drift"))
    page = " ".join(qa.get(url("drift")).content.decode().split())
    assert page.index(str(one)) < page.index(str(two))  # the one who needs somebody first
    assert "Paused" in page and "0.0%" in page and "100.0%" in page
    person = qa.get(url("drift_person", one.pk)).content.decode()
    assert "0 of the last 8" in person and "Out of control" in person and "End the pause" in person
    chart = qa.get(url("drift_chart", one.pk))
    assert chart["Content-Type"] == "image/svg+xml" and b"<svg" in chart.content[:200]
    assert qa.get(url("drift_chart", world.user("annotator", n=3).pk)).status_code == 200  # nothing answered yet

    act = url("drift_person", one.pk)
    assert qa.post(act, {"decision": "pause", "reason": "Again."}).status_code == 400  # paused already
    assert qa.post(act, {"decision": "resume", "reason": ""}).status_code == 400
    assert qa.post(act, {"decision": "practise", "reason": "Panic against none."}).status_code == 302
    assert "Panic against none." not in str(list(AuditEvent.objects.values_list("target_id")))
    page = world.client("annotator").get(url("start")).content.decode()
    assert "Labelling is paused" not in page and services.standing_of(world.project, one).state == "practising"
    assert qa.post(url("drift_person", two.pk), {"decision": "pause", "reason": "Let us talk."}).status_code == 302
    assert "Let us talk." in world.client("annotator", n=2).get(url("start")).content.decode()

    # Who manages rounds looks, and decides nothing; annotators and outsiders see no names.
    pm = world.client("pm")
    assert pm.get(url("drift")).status_code == 200 and "Decide" not in pm.get(act).content.decode()
    assert pm.post(act, {"decision": "resume", "reason": "Fine."}).status_code == 403
    for name in ("drift", "drift_person", "drift_chart"):
        args = [] if name == "drift" else [one.pk]
        assert world.client("annotator", n=2).get(url(name, *args)).status_code == 403
        assert world.outsider_client("qa").get(url(name, *args)).status_code == (200 if name == "drift" else 404)
    assert str(one) not in world.outsider_client("qa").get(url("drift")).content.decode()


def test_who_left_the_project_or_is_a_program_stays_on_the_list_and_opens(world: World) -> None:
    make_gold(world, 10, "hidden")
    round = watched_round(world, samples=80, annotators=2, gold_share=0.1)
    left, begun = world.user("annotator"), world.user("annotator", n=2)
    answer_gold(round, left, [True] * 3)
    services.standing_of(world.project, begun)
    Membership.objects.filter(user__in=(left, begun)).delete()
    User.objects.filter(pk=left.pk).update(is_simulated=True)
    page = world.client("qa").get(url("drift")).content.decode()
    assert str(left) in page and str(begun) in page and "simulated" in page
    assert "3 of the last" in page or "of 3" in page
    for person in (left, begun):
        assert world.client("qa").get(url("drift_person", person.pk)).status_code == 200
        assert world.client("qa").get(url("drift_chart", person.pk)).status_code == 200
    stranger = world.user("ml_engineer")
    assert world.client("qa").get(url("drift_person", stranger.pk)).status_code == 404


def test_agreement_with_oneself_is_of_the_repeats(world: World) -> None:
    round = watched_round(world, samples=60, annotators=1, repeat_share=0.2)
    person = world.user("annotator")
    labels = {position: PANIC for position in range(1, 61, 2)}
    label_all(round, person, labels)  # repeats stand after the 60: they get `none`, whatever was said first
    repeats = list(
        RoundItem.objects.filter(round=round, purpose="repeat", slots__state="done").select_related("repeat_of")
    )
    assert len(repeats) >= 3
    same = sum(item.repeat_of is not None and item.repeat_of.position not in labels for item in repeats)
    row = next(row for row in drift_rows(world.project, policy_of(world.project)) if row["person"] == person)
    assert (row["same"].met, row["same"].n) == (same, len(repeats)) and row["window"].n == 0


def test_accuracy_and_kappa_against_the_experts_by_hand() -> None:
    # 20 samples, 10 of each by the expert; 9 and 7 met: observed 0.8, chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5, kappa 0.6.
    answers = [Answer("panic", "panic")] * 9 + [Answer("none", "panic")] + [Answer("none", "none")] * 7
    answers += [Answer("panic", "none")] * 3
    figures = against_experts(answers, ("panic", "none", "substance"))
    assert (figures["n"], figures["met"], figures["accuracy"]) == (20, 16, 0.8)
    assert figures["kappa"] == pytest.approx(0.6)
    assert figures["interval"] == pytest.approx((0.5840, 0.9193), abs=1e-4)  # Wilson
    assert [(row["type"], row["met"], row["n"]) for row in figures["per_type"]] == [("panic", 9, 10), ("none", 7, 10)]
    assert figures["kappa_interval"]["low"] < 0.6 < figures["kappa_interval"]["high"]
    assert pair_kappa([("panic", "panic")] * 5, ("panic", "none"))["kappa"] is None  # one type only: undefined
    assert pair_kappa([], ("panic",)) == {"kappa": None, "kappa_interval": None}
    accepted = against_experts([Answer("substance", "panic", ("substance",))] * 3 + [NONE_MET] * 3, ("panic", "none"))
    assert (accepted["met"], accepted["kappa"]) == (6, 1.0)


NONE_MET = Answer("none", "none")


def test_the_policy_is_kept_by_those_who_manage_rounds(world: World) -> None:
    client = world.client("pm")
    page = client.get(url("policy")).content.decode()
    assert "Qualification" in page and "Exposure and breaks" in page and 'value="0.85"' in page
    values = {
        "qualification_required": "on", "qualification_accuracy": "0.8", "qualification_kappa": "0.7",
        "gold_floor": "0.7", "gold_window": "24", "break_after_minutes": "25", "break_after_severe": "20",
        "break_minutes": "5", "severe_minutes_per_day": "120", "soft_share": "0.8", "severe_in_a_row": "2",
    }  # fmt: skip
    for name, value in (
        ("gold_window", "7"),
        ("gold_floor", "1.5"),
        ("soft_share", "0"),
        ("break_minutes", "x"),
        ("gold_floor", "nan"),
    ):
        answer = client.post(url("policy"), {**values, name: value})
        assert answer.status_code == 400, name
    assert not AnnotationPolicy.objects.exists()
    assert client.post(url("policy"), values).status_code == 302
    kept = AnnotationPolicy.objects.get()
    assert (kept.qualification_required, kept.qualification_accuracy, kept.gold_window) == (True, 0.8, 24)
    assert (kept.spans_required, kept.updated_by) == (False, world.user("pm"))
    event = AuditEvent.objects.get(action="annotation.policy_change")
    assert '"gold_window":24' in event.payload_json and "break_minutes" not in event.payload_json  # what changed only
    for other, status in ((world.client("annotator"), 403), (world.client("clinical_lead"), 403)):
        assert other.get(url("policy")).status_code == other.post(url("policy"), values).status_code == status
