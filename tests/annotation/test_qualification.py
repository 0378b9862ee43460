"""From the guideline over practice to a qualification, and real work behind it."""

from typing import Any

import pytest

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.labels import LabelInput
from annotation.models import Annotation, Qualification, Round, Slot
from annotation.selectors_qualification import next_set
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import NONE, PANIC, approved_guideline, make_round, submit
from tests.annotation.making_gold import make_gold, right_label
from tests.personas import World

KIND = Round.Kind


def learning_set(world: World, kind: str, count: int = 10) -> Round:
    """An open set over new expert labels of its use."""
    make_gold(world, count, kind)
    return services.set_create(
        project=world.project, kind=kind, name=f"A {kind} set", guideline=approved_guideline(world),
        actor=world.user("qa"), count=count,
    )  # fmt: skip


def answer_set(round: Round, person: User, wrong: int = 0, skip: int = 0) -> None:
    """Answer a whole set: the first `wrong` wrongly, the next `skip` skipped, the others as the experts did."""
    for n in range(round.items.count()):
        slot = services.slot_claim(round=round, annotator=person, want=1)[0]
        right = right_label(slot)
        if n < wrong:
            submit(slot, person, NONE if right.crisis_type == "panic" else PANIC)
        elif n < wrong + skip:
            services.slot_skip(slot=slot, annotator=person)
        else:
            submit(slot, person, right)


def begin(world: World, person: User) -> None:
    services.guideline_read(guideline=approved_guideline(world), annotator=person)


def state_of(world: World, person: User) -> str:
    return services.standing_of(world.project, person).state


def require_qualification(world: World, **more: Any) -> None:
    services.policy_change(
        project=world.project, actor=world.user("qa"), changes={"qualification_required": True, **more}
    )


def test_from_reading_to_real_work(world: World) -> None:
    person = world.user("annotator")
    work = make_round(world)
    require_qualification(world)
    practice, test = learning_set(world, KIND.PRACTICE, 3), learning_set(world, KIND.QUALIFICATION)
    with pytest.raises(NotAllowed, match="qualify") as refused:
        services.slot_claim(round=work, annotator=person)
    assert refused.value.code == "not_qualified"
    with pytest.raises(Refused, match="guideline first"):
        services.set_start(project=world.project, annotator=person, kind=KIND.PRACTICE)

    begin(world, person)
    with pytest.raises(Refused, match="practice set first"):
        services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    assert services.set_start(project=world.project, annotator=person, kind=KIND.PRACTICE) == practice
    assert state_of(world, person) == "practising"
    answer_set(practice, person, wrong=1)
    with pytest.raises(NotAllowed):
        services.slot_claim(round=work, annotator=person)

    assert services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION) == test
    again = services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    assert again == test and Slot.objects.filter(item__round=test, reserved_for=person).count() == 10
    assert state_of(world, person) == "taking"
    answer_set(test, person, wrong=1)

    standing = services.standing_of(world.project, person)
    attempt = standing.attempts.get()
    assert (standing.state, attempt.passed, attempt.items, attempt.accuracy) == ("qualified", True, 10, 0.9)
    # Nine of ten met, five of each type by the expert: by hand, chance agreement is 0.5 and kappa 0.8.
    assert attempt.kappa == pytest.approx(0.8)
    assert attempt.figures["kappa_interval"]["low"] < 0.8 <= attempt.figures["kappa_interval"]["high"]
    assert {row["type"]: row["n"] for row in attempt.figures["per_type"]} == {"panic": 5, "none": 5}
    assert len(services.slot_claim(round=work, annotator=person)) == 3
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"guideline.read", "set.create", "set.start", "qualification.finish"} <= actions


def test_failing_says_what_to_read_and_another_set_gives_another_chance(world: World) -> None:
    person = world.user("annotator")
    begin(world, person)
    require_qualification(world)
    first = learning_set(world, KIND.QUALIFICATION)
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    answer_set(first, person, wrong=3)
    standing = services.standing_of(world.project, person)
    attempt = standing.attempts.get()
    assert (standing.state, attempt.passed, attempt.accuracy) == ("failed", False, 0.7)
    missed = {row["type"] for row in attempt.figures["per_type"] if row["met"] < row["n"]}
    assert attempt.figures["read_again"] == {kind: [kind] for kind in missed}
    # What was seen is never a test again, not even in another set.
    with pytest.raises(Refused, match="no set left"):
        services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    services.set_create(
        project=world.project, kind=KIND.QUALIFICATION, name="The same again", guideline=first.guideline,
        actor=world.user("qa"),
    )  # fmt: skip
    assert next_set(world.project, person, KIND.QUALIFICATION) is None
    second = learning_set(world, KIND.QUALIFICATION)
    assert services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION) == second
    answer_set(second, person)
    assert state_of(world, person) == "qualified"
    assert [attempt.passed for attempt in standing.attempts.all()] == [True, False]


def test_skipping_is_fine_but_a_pass_must_rest_on_something(world: World) -> None:
    one, two = (world.user("annotator", n=n) for n in (1, 2))
    test = learning_set(world, KIND.QUALIFICATION)
    for person, skipped in ((one, 2), (two, 3)):
        begin(world, person)
        services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
        answer_set(test, person, skip=skipped)
    assert [state_of(world, person) for person in (one, two)] == ["qualified", "failed"]
    assert services.standing_of(world.project, two).attempts.get().accuracy == 1.0


def test_the_last_answer_may_be_a_skip(world: World) -> None:
    person = world.user("annotator")
    test = learning_set(world, KIND.QUALIFICATION)
    begin(world, person)
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    for _ in range(9):
        slot = services.slot_claim(round=test, annotator=person, want=1)[0]
        submit(slot, person, right_label(slot))
    services.slot_skip(slot=services.slot_claim(round=test, annotator=person, want=1)[0], annotator=person)
    assert state_of(world, person) == "qualified"


def test_an_answer_can_change_until_the_set_is_judged(world: World) -> None:
    person = world.user("annotator")
    test = learning_set(world, KIND.QUALIFICATION)
    begin(world, person)
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    slot = services.slot_claim(round=test, annotator=person, want=1)[0]
    right = right_label(slot)
    submit(slot, person, NONE if right.crisis_type == "panic" else PANIC)
    submit(slot, person, right, base_revision=1)
    for _ in range(9):
        slot = services.slot_claim(round=test, annotator=person, want=1)[0]
        submit(slot, person, right_label(slot))
    assert services.standing_of(world.project, person).attempts.get().accuracy == 1.0
    with pytest.raises(Refused, match="stay as they were"):
        submit(slot, person, NONE, base_revision=1)
    assert Annotation.objects.get(slot=slot).revision == 1


def test_an_accepted_type_counts_as_the_experts(world: World) -> None:
    person = world.user("annotator")
    golds = make_gold(world, 10, KIND.QUALIFICATION)
    for gold in golds:
        if gold.crisis_type == "panic":
            gold.also_accepted = ["substance"]
            gold.save(update_fields=["also_accepted"])
    test = services.set_create(
        project=world.project, kind=KIND.QUALIFICATION, name="Set", guideline=approved_guideline(world),
        actor=world.user("qa"),
    )  # fmt: skip
    begin(world, person)
    services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
    substance = LabelInput(crisis_type="substance", severity=3, confidence=0.7)
    for _ in range(10):
        slot = services.slot_claim(round=test, annotator=person, want=1)[0]
        submit(slot, person, substance if right_label(slot).crisis_type == "panic" else NONE)
    attempt = services.standing_of(world.project, person).attempts.get()
    assert (attempt.accuracy, attempt.kappa) == (1.0, 1.0)


def test_sets_of_two_people_do_not_meet(world: World) -> None:
    test = learning_set(world, KIND.QUALIFICATION)
    people = [world.user("annotator", n=n) for n in (1, 2, 3)]
    orders = []
    for person in people:
        begin(world, person)
        services.set_start(project=world.project, annotator=person, kind=KIND.QUALIFICATION)
        mine = Slot.objects.filter(item__round=test, reserved_for=person).order_by("rank")
        orders.append(list(mine.values_list("item", flat=True)))
    assert len({frozenset(order) for order in orders}) == 1 and len({tuple(order) for order in orders}) > 1
    answer_set(test, people[0])
    assert [state_of(world, person) for person in people] == ["qualified", "taking", "taking"]


def test_what_a_set_needs(world: World) -> None:
    guideline, qa = approved_guideline(world), world.user("qa")

    def create(kind: str = KIND.QUALIFICATION, actor: User = qa, **more: Any) -> Round:
        values: dict[str, Any] = {"project": world.project, "name": "Set", "guideline": guideline, **more}
        return services.set_create(kind=kind, actor=actor, **values)

    with pytest.raises(Invalid, match="no expert label"):
        create(KIND.PRACTICE)
    make_gold(world, 12, KIND.QUALIFICATION, ("panic",))
    with pytest.raises(Invalid, match="two types"):
        create()
    make_gold(world, 4, KIND.QUALIFICATION, ("none", "substance"))
    with pytest.raises(Invalid, match="10 expert labels"):
        create(count=9)
    types = [item.gold.crisis_type for item in create(count=10).items.all() if item.gold]
    assert types[:3] == ["none", "panic", "substance"]  # in turn
    assert {kind: types.count(kind) for kind in set(types)} == {"none": 2, "substance": 2, "panic": 6}
    with pytest.raises(NotAllowed):
        create(actor=world.user("annotator"))
    with pytest.raises(NotAllowed):
        create(actor=world.outsider("qa"))
    with pytest.raises(NotAllowed):
        services.set_start(project=world.project, annotator=world.outsider("annotator"), kind=KIND.PRACTICE)
    assert Qualification.objects.count() == 0 or not Qualification.objects.exclude(state="new").exists()
