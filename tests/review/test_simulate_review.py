"""A simulated review from training to roll-back: each step in the audit, each signature good; a lie is found."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from datasets_app.models import Record, Release
from inference.models import Deployment
from pixelhub.accounts.models import Project, User
from pixelhub.audit.services import record
from review.models import ErrorAnswer, Judgement, SignOff
from review.simulation import proof
from review.simulation.people import Cast
from review.simulation.steps import Log
from tests.personas import World
from tests.review.staged import stage_on_release
from training_app.models import ModelVersion, VersionState

COMMAND = "review.management.commands.simulate_review"


def make_stand_in(project: Project, release: Release, cast: Cast, name: str) -> ModelVersion:
    """Stand-in weights with staged predictions: what a review is about, without minutes of training."""
    seed = ("first", "hasty", "mended").index(name) + 1
    world = World(project=project, other_project=project)
    records = list(Record.objects.filter(project=project).order_by("pk")[::3])
    version = stage_on_release(world, release, records, trainer=cast.trainer, seed=seed).version
    for action in ("model_version.register", "test_set.use", "model_version.evaluate"):
        record(action=action, actor=cast.trainer, project=project, target=version)
    return version


def test_the_whole_story_is_told_through_the_services_and_proven(
    db: None, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(f"{COMMAND}.version_train", make_stand_in)
    call_command("simulate_review", conversations=100, cases=6, experts=5)
    told = capsys.readouterr().out
    project = Project.objects.get(slug="simulated-review")
    versions = ModelVersion.objects.filter(project=project).order_by("pk")
    assert list(versions.values_list("state", flat=True)) == [
        VersionState.PRODUCTION,
        VersionState.REJECTED,
        VersionState.RETIRED,
    ]
    decisions = SignOff.objects.filter(project=project).order_by("pk").values_list("decision", flat=True)
    assert list(decisions) == ["approved", "rejected", "approved"]
    served = Deployment.objects.filter(project=project).order_by("pk").values_list("model_version__version", flat=True)
    assert list(served) == ["1.0.0", "1.2.0", "1.0.0"]
    # Nobody of them is a person, and every word says so.
    assert not User.objects.filter(memberships__project=project, is_simulated=False).exists()
    assert Judgement.objects.filter(case__campaign__project=project).values("expert").distinct().count() == 5
    texts = [*ErrorAnswer.objects.values_list("words", flat=True), *SignOff.objects.values_list("reason", flat=True)]
    assert texts and all("Simulated" in text for text in texts)
    assert ErrorAnswer.objects.filter(blocks=True).count() == 1
    for said in ("may not sign it", "refused:", "every signature holds offline", "Version 1.0.0 answers"):
        assert said in told

    log = Log(lambda line: None)
    assert proof.problems_after(log, project, in_production="1.2.0") == ["version 1.2.0 should be in production"]
    with log.step("Nothing happens", versions[0].trainer, version__promote=1):
        pass
    monkeypatch.setattr(proof, "verify_offline", lambda *args: 1)
    problems = proof.problems_after(log, project, in_production="1.0.0")
    assert problems[0] == "step “Nothing happens” left too few events: version.promote: 0 of 1"
    assert sum("does not hold" in problem for problem in problems) == 3

    monkeypatch.setattr(f"{COMMAND}.problems_after", lambda *args, **kwargs: ["one thing"])
    with pytest.raises(CommandError, match="1 of what should hold"):
        call_command("simulate_review", conversations=100, cases=6, experts=5)
    assert Project.objects.filter(slug="simulated-review-2").exists()
    with pytest.raises(CommandError, match="at least 5 cases"):
        call_command("simulate_review", cases=1)
