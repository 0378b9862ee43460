"""QA and the clinical lead decide disagreements; the most harmful first, names hidden, a reason each time."""

from typing import Any

import pytest
from django.urls import reverse

from annotation import services
from annotation.agreement.aggregation import Vote, decide, disagree, harm_order
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import LabelInput
from annotation.models import Adjudication, Round
from annotation.selectors import disagreements
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, PANIC_4, disputed_round, item_at, label_all, make_round, ruling
from tests.personas import World

PANIC_5 = LabelInput(crisis_type="panic", severity=5, confidence=0.7)


@pytest.fixture
def round(world: World) -> Round:
    """1 panic 3 against 5, 2 harm against none, 3 panic 3 against 4 (no disagreement), 4 panic against none."""
    return disputed_round(world, {1: PANIC, 2: HARM, 3: PANIC, 4: PANIC}, {1: PANIC_5, 2: NONE, 3: PANIC_4, 4: NONE})


def post(world: World, round: Round, role: str, **more: Any) -> Any:
    data = {
        "item": item_at(round, 2).pk, "version": 0, "crisis_type": "panic", "severity": 3,
        "guideline_section": "panic", "reason": "A surge.", **more,
    }  # fmt: skip
    return world.client(role).post(reverse("annotation:round_adjudicate", args=[round.pk]), data)


def test_the_queue_is_ordered_by_harm(round: Round) -> None:
    assert [item.position for item in disagreements(round)] == [2, 4, 1]


def test_immediate_harm_against_none_comes_before_everything() -> None:
    def votes(*pairs: tuple[str, int | None]) -> list[Vote]:
        return [Vote(kind, severity, 1.0) for kind, severity in pairs]

    cases = [
        votes(("immediate_harm", 5), ("none", None)),
        votes(("self_harm", 3), ("none", None)),
        votes(("passive_ideation", 1), ("none", None)),
        votes(("immediate_harm", 5), ("passive_ideation", 3)),
        votes(("panic", 1), ("panic", 5)),
    ]
    assert sorted(reversed(cases), key=harm_order) == cases
    assert all(disagree(case) for case in cases)


def test_the_page_shows_the_labels_without_names(world: World, round: Round) -> None:
    page = world.client("qa").get(reverse("annotation:round_adjudicate", args=[round.pk])).content.decode()
    assert "Annotator A" in page and "Annotator B" in page
    for n in (1, 2):
        person = world.user("annotator", n=n)
        assert person.pseudonym not in page and str(person) not in page
    assert "another saw none" in page


@pytest.mark.parametrize("role", ["qa", "clinical_lead"])
def test_they_decide(world: World, round: Round, role: str) -> None:
    assert post(world, round, role).status_code == 302
    decision = Adjudication.objects.get()
    assert (decision.crisis_type, decision.severity, decision.decided_by) == ("panic", 3, world.user(role))
    event = AuditEvent.objects.get(action="annotation.adjudicate")
    assert "A surge." not in event.payload_json


@pytest.mark.parametrize("role", ["annotator", "pm", "data_engineer"])
def test_others_may_not(world: World, round: Round, role: str) -> None:
    assert post(world, round, role).status_code == 403
    assert not Adjudication.objects.exists()


def test_an_outsider_finds_nothing(world: World, round: Round) -> None:
    url = reverse("annotation:round_adjudicate", args=[round.pk])
    assert world.outsider_client("qa").get(url).status_code == 404
    assert world.outsider_client("qa").post(url, {}).status_code == 404


@pytest.mark.parametrize(
    "change",
    [{"reason": " "}, {"guideline_section": ""}, {"guideline_section": "nowhere"}, {"severity": ""}, {"item": "x"}],
)
def test_a_reason_and_a_section_are_required(world: World, round: Round, change: dict[str, str]) -> None:
    assert post(world, round, "qa", **change).status_code == 400
    assert not Adjudication.objects.exists()


def test_a_sample_of_another_round_is_not_found(world: World, round: Round) -> None:
    assert post(world, round, "qa", item=10**9).status_code == 404


def test_the_second_decider_is_told(world: World, round: Round) -> None:
    assert post(world, round, "qa").status_code == 302
    late = post(world, round, "clinical_lead", crisis_type="none")
    assert late.status_code == 409 and "Somebody else decided" in late.content.decode()
    assert Adjudication.objects.get().crisis_type == "panic"


def test_a_decision_can_be_changed_by_who_has_seen_it(world: World, round: Round) -> None:
    post(world, round, "qa")
    assert post(world, round, "clinical_lead", version=1, crisis_type="none").status_code == 302
    decision = Adjudication.objects.get()
    assert (decision.version, decision.crisis_type, decision.severity) == (2, "none", None)
    assert post(world, round, "qa", version=1).status_code == 409


def test_agreeing_labels_are_not_decided(world: World, round: Round) -> None:
    with pytest.raises(Invalid, match="agree"):
        services.adjudicate(item=item_at(round, 3), actor=world.user("qa"), ruling=ruling())


def test_nobody_decides_on_their_own_label(world: World, round: Round) -> None:
    annotator = world.user("annotator")
    world.grant(annotator, "qa")
    with pytest.raises(NotAllowed, match="yourself"):
        services.adjudicate(item=item_at(round, 2), actor=annotator, ruling=ruling())


def test_an_open_round_is_not_decided_yet(world: World) -> None:
    round = make_round(world, samples=1)
    label_all(round, world.user("annotator", n=1), {1: HARM})
    label_all(round, world.user("annotator", n=2), {1: NONE})
    with pytest.raises(Refused, match="after closing"):
        services.adjudicate(item=item_at(round, 1), actor=world.user("qa"), ruling=ruling())


def test_one_step_of_severity_takes_the_higher() -> None:
    decision = decide([Vote("panic", 3, 0.7), Vote("panic", 4, 0.9)])
    assert (decision.severity, decision.decided_by, decision.confidence) == (4, "majority", 0.8)
    assert decide([Vote("panic", 3, 1), Vote("panic", 3, 1), Vote("panic", 4, 1)]).severity == 3
    assert decide([Vote("none", None, 1.0), Vote("none", None, 1.0)]).decided_by == "unanimous"
    with pytest.raises(ValueError, match="ruling"):
        decide([Vote("none", None, 1.0), Vote("panic", 1, 1.0)])
