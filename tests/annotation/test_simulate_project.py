"""The simulated project: small here, the same code as the full one of docs/adjudication.md."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from annotation.agreement import raters
from annotation.management.commands.simulate_project import as_text
from annotation.models import AdjudicationRevision, Round
from annotation.services.simulation_skills import EIGHT
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import LabelSnapshot
from pixelhub.accounts.models import Project, User


def test_every_confusion_matrix_is_one_and_training_takes_errors_away() -> None:
    assert len(EIGHT) == 8
    even = dict.fromkeys(CRISIS_TYPES, 1 / 7)
    for habit in EIGHT:
        skill = habit.skill()
        for version in (skill, skill.trained(0.5)):
            assert all(sum(row.values()) == pytest.approx(1) for row in version.rows.values())
            assert all(set(row) == set(CRISIS_TYPES) for row in version.rows.values())
        error, after = 1 - skill.accuracy(even), 1 - skill.trained(0.5).accuracy(even)
        assert after == pytest.approx(error / 2)


@pytest.mark.django_db
def test_three_rounds_with_a_retraining_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raters, "EM_ROUNDS", 10)
    told = StringIO()
    call_command("simulate_project", project="sim", samples=150, seed=3, json=True, stdout=told)
    report = json.loads(told.getvalue())
    kappas = [figures["kappa"] for figures in report["rounds"]]
    assert kappas[0] < 0.8 and min(kappas[1:]) > kappas[0] + 0.1
    assert 0 < len(report["trained_again"]) < 8
    for figures in report["rounds"]:
        assert figures["interval"]["low"] < figures["kappa"] < figures["interval"]["high"]
        assert sum(rater["labels"] for rater in figures["raters"]) == figures["samples"] * 3
    assert set(report["aggregation"]) == {"majority", "dawid_skene", "mace"}
    assert "over most votes" in as_text(report) and "No person labelled anything" in as_text(report)

    project = Project.objects.get(slug="sim")
    rounds = Round.objects.filter(project=project)
    assert [round.kind for round in rounds.order_by("number")] == ["work", "retraining", "work", "work"]
    assert rounds.get(kind="retraining").parent == rounds.get(number=1)
    assert all(round.simulated for round in rounds)
    assert all(User.objects.filter(memberships__project=project).values_list("is_simulated", flat=True))
    assert LabelSnapshot.objects.filter(project=project, simulated=True).count() == 3
    assert AdjudicationRevision.objects.filter(item__round__project=project).exists()
    with pytest.raises(CommandError, match="there already"):
        call_command("simulate_project", project="sim", samples=60)
