"""Clinical authority over decisions, their whole history, and labels that no decision ever touches."""

import pytest

from annotation import services
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import (
    Adjudication,
    AdjudicationRevision,
    AdjudicationSeat,
    Annotation,
    AnnotationRevision,
    Round,
)
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import HARM, NONE, PANIC, disputed_round, item_at, ruling
from tests.personas import World


@pytest.fixture
def round(world: World) -> Round:
    """1 is disputed, the others are agreed upon."""
    return disputed_round(world, {1: HARM}, {1: NONE})


def decide(world: World, round: Round, role: str, position: int = 1, n: int = 1, **more: object) -> Adjudication:
    version = more.pop("version", 0)
    return services.adjudicate(
        item=item_at(round, position), actor=world.user(role, n), ruling=ruling(**more), expected_version=version
    )


def history(round: Round, position: int = 1) -> list[tuple[int, str, bool]]:
    rows = AdjudicationRevision.objects.filter(item=item_at(round, position))
    return [(row.version, row.crisis_type, row.overrides) for row in rows]


def test_only_the_lead_decides_over_agreement_and_it_is_marked(world: World, round: Round) -> None:
    with pytest.raises(Invalid, match="only the clinical lead"):
        decide(world, round, "qa", 2)
    decision = decide(world, round, "clinical_lead", 2, crisis_type="passive_ideation", severity=2)
    assert decision.overrides
    assert history(round, 2) == [(1, "passive_ideation", True)]
    assert '"overrides":true' in AuditEvent.objects.get(action="annotation.adjudicate").payload_json
    with pytest.raises(Invalid, match="why"):
        decide(world, round, "clinical_lead", 3, reason=" ")


def test_the_lead_overrides_qa_and_qa_does_not_change_it_back(world: World, round: Round) -> None:
    assert not decide(world, round, "qa").overrides
    assert not decide(world, round, "qa", n=2, version=1, crisis_type="self_harm").overrides
    assert decide(world, round, "clinical_lead", version=2, crisis_type="immediate_harm").overrides
    for version, error in ((2, Refused), (3, NotAllowed)):  # late first, then not allowed
        with pytest.raises(error):
            decide(world, round, "qa", version=version)
    assert decide(world, round, "clinical_lead", version=3, severity=5).overrides
    assert history(round) == [
        (1, "panic", False), (2, "self_harm", False), (3, "immediate_harm", True), (4, "panic", True),
    ]  # fmt: skip
    assert Adjudication.objects.get().version == 4


def test_the_leads_first_decision_overrides_nobody_but_is_theirs(world: World, round: Round) -> None:
    assert not decide(world, round, "clinical_lead").overrides
    with pytest.raises(NotAllowed, match="clinical lead decided"):
        decide(world, round, "qa", version=1)
    assert not decide(world, round, "clinical_lead", version=1, severity=4).overrides


def test_a_decision_never_touches_a_label(world: World, round: Round) -> None:
    def rows() -> list[dict[str, object]]:
        return [*Annotation.objects.order_by("pk").values(), *AnnotationRevision.objects.order_by("pk").values()]

    before = rows()
    decide(world, round, "qa")
    decide(world, round, "clinical_lead", version=1, crisis_type="none", severity=None)
    decide(world, round, "clinical_lead", 2)
    services.rater_models_fit(round=round)
    services.round_publish(round=round, actor=world.user("clinical_lead"))
    assert rows() == before


def test_incomplete_samples_are_not_decided(world: World, round: Round) -> None:
    item = item_at(round, 1)
    item.labels_wanted = 3
    item.save()
    with pytest.raises(Invalid, match="all its labels"):
        decide(world, round, "clinical_lead")


def test_two_adjudicators_sit_at_different_samples(world: World, round: Round) -> None:
    one, two = item_at(round, 1), item_at(round, 2)
    qa, lead = world.user("qa"), world.user("clinical_lead")
    assert services.adjudication_seat_take(item=one, person=qa)
    assert not services.adjudication_seat_take(item=one, person=lead)
    assert services.adjudication_seat_keep(item=one, person=qa)
    assert not services.adjudication_seat_keep(item=one, person=lead)
    assert services.adjudication_seat_take(item=two, person=qa)  # moving on frees the first
    assert services.adjudication_seat_take(item=one, person=lead)
    AdjudicationSeat.objects.filter(item=one).update(until="2026-01-01T00:00Z")
    assert services.adjudication_seat_take(item=one, person=qa)  # silent for too long
    assert not services.adjudication_seat_keep(item=one, person=lead)
    # A seat is no lock: the version is.
    assert decide(world, round, "clinical_lead", severity=2).version == 1
    assert not AdjudicationSeat.objects.filter(item=one).exists()


def test_panic_agreed_is_published_as_the_lead_decided(world: World) -> None:
    round = disputed_round(world, {1: PANIC}, {1: PANIC})
    services.adjudicate(item=item_at(round, 1), actor=world.user("clinical_lead"), ruling=ruling(severity=5))
    published = services.round_publish(round=round, actor=world.user("qa"))
    label = published.snapshot.labels.get(record=item_at(round, 1).record)
    assert (label.crisis_type, label.severity, label.decided_by) == ("panic", 5, "adjudicated")
