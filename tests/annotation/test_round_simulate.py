"""Simulated rounds: quick, reproducible, marked everywhere."""

import pytest

from annotation import services
from annotation.errors import Refused
from annotation.models import Annotation, AnnotationRevision, Round
from annotation.selectors import agreement_of, disagreements
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from tests.annotation.making import approved_guideline, make_records, make_round
from tests.personas import World

TYPES = ("none", "none", "panic", "self_harm", "immediate_harm", "substance", "passive_ideation", "psychotic")


def simulated(world: World, samples: int, annotators: int = 3, accuracy: float = 0.95) -> tuple[Round, dict, int]:
    records = make_records(world.project, samples)
    people = [world.user("annotator", n=n) for n in range(1, annotators + 1)]
    round = services.round_create(
        project=world.project, name="Demo", guideline=approved_guideline(world), annotators=people,
        actor=world.user("qa"), simulated=True,
    )  # fmt: skip
    services.round_open(round=round, actor=world.user("qa"))
    truth = {r.pk: (TYPES[n % 8], None if n % 8 < 2 else 1 + n % 5) for n, r in enumerate(records)}
    made = services.round_simulate(
        project=world.project, round=round, truth=truth, annotators=people,
        accuracy={p.pk: accuracy for p in people}, seed=5, actor=world.user("qa"),
    )  # fmt: skip
    return round, truth, made


def test_every_slot_is_filled_once_by_different_people(world: World) -> None:
    round, _, made = simulated(world, 60)
    assert made == 120 == Annotation.objects.filter(item__round=round).count() == AnnotationRevision.objects.count()
    load = [
        Annotation.objects.filter(annotator=person).count()
        for person in User.objects.filter(username__contains="annotator")
    ]
    assert load == [40, 40, 40]
    assert AuditEvent.objects.filter(action="round.simulate").count() == 1
    assert AuditEvent.objects.filter(action="annotation.submit").count() == 0


def test_accuracy_shows_in_agreement(world: World) -> None:
    round, _, _ = simulated(world, 80, accuracy=1.0)
    assert agreement_of(round)["kappa"] == pytest.approx(1.0)
    assert agreement_of(round)["verdict"] == "pass"


def test_it_goes_all_the_way_to_a_simulated_snapshot(world: World) -> None:
    round, truth, _ = simulated(world, 80, accuracy=0.8)
    services.round_close(round=round, actor=world.user("qa"))
    waiting = len(disagreements(round))
    assert waiting > 0
    assert services.round_adjudicate_simulated(round=round, truth=truth, actor=world.user("qa")) == waiting
    published = services.round_publish(round=round, actor=world.user("qa"))
    assert published.snapshot.simulated is True and published.snapshot.labels_count == 80
    adjudicated = published.snapshot.labels.filter(decided_by="adjudicated")
    assert all(label.crisis_type == truth[label.record_id][0] for label in adjudicated)


def test_a_real_round_takes_no_simulated_labels(world: World) -> None:
    round = make_round(world)
    with pytest.raises(Refused, match="simulation"):
        services.round_simulate(
            project=world.project, round=round, truth={}, annotators=[], accuracy={}, seed=1, actor=None
        )


@pytest.mark.slow
def test_the_demo_size(world: World) -> None:
    round, _, made = simulated(world, 1400)
    assert made == 2800
    assert agreement_of(round)["items"] == 1400


def test_two_projects_may_be_simulated_with_one_seed(world: World) -> None:
    other = World(project=world.other_project, other_project=world.project, _users=world._users)
    assert simulated(world, 8)[2] == simulated(other, 8)[2] == 16
