"""Activating a version: everything is verified again, the former is retired, one is active under races."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from inference.models import Deployment
from inference.selectors import active_deployment, what_ran_at
from inference.services import BundleRefused, SignoffRefused, deployment_activate, deployment_retire
from pixelhub.audit.models import AuditEvent
from tests.inference.deployed import deploy, flip, place, register, sign
from tests.personas import World


def activate(world: World, version: Any, envelope: Any) -> Deployment:
    return deployment_activate(
        project=world.project, model_version=version, signoff=envelope, actor=world.user("ml_engineer")
    )


def test_the_former_is_retired_in_the_same_moment(world: World) -> None:
    first, second = deploy(world, "1.0.0"), deploy(world, "1.1.0", threshold=0.3)
    first.refresh_from_db()
    assert first.retired_at == second.activated_at
    assert active_deployment(world.project) == second
    actions = list(AuditEvent.objects.filter(action__startswith="deployment.").values_list("action", flat=True))
    assert actions == ["deployment.activate", "deployment.retire", "deployment.activate"]


def test_activating_the_same_again_changes_nothing(world: World) -> None:
    version = register(world)
    envelope = sign(version, world.user("clinical_lead"))
    assert activate(world, version, envelope) == activate(world, version, envelope)
    assert Deployment.objects.count() == 1


@pytest.mark.parametrize("name", ["model.onnx", "bundle.json", "tokenizer.json"])
def test_changed_bytes_are_refused(world: World, name: str) -> None:
    version = register(world)
    envelope = sign(version, world.user("clinical_lead"))
    flip(version, name)
    with pytest.raises(BundleRefused, match=name):
        activate(world, version, envelope)
    assert not Deployment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"decision": "rejected"}, "decision"),
        ({"project": "beta"}, "project"),
        ({"model_version": "9.9.9"}, "version"),
        ({"bundle_sha256": "b" * 64}, "digest"),
        ({"trainer": {"id": -1, "name": "x"}}, "trainer"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_sign_off_of_something_else_is_refused(world: World, changes: dict[str, Any], names: str) -> None:
    former = deploy(world, "1.0.0")
    version = register(world, "1.1.0", threshold=0.3)
    with pytest.raises(SignoffRefused, match=f"^{names}:"):
        activate(world, version, sign(version, world.user("clinical_lead"), **changes))
    assert active_deployment(world.project) == former


def test_the_trainer_may_not_sign(world: World) -> None:
    version = register(world)
    envelope = sign(version, version.trainer)
    with pytest.raises(SignoffRefused, match=r"^signer:"):
        activate(world, version, envelope)


def test_a_version_of_another_project_is_refused(world: World) -> None:
    theirs = register(world, project=world.other_project)
    with pytest.raises(SignoffRefused, match=r"^project:"):
        activate(world, theirs, sign(theirs, world.user("clinical_lead")))


def test_the_database_holds_one_active_per_project(world: World) -> None:
    first = deploy(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        place(first.model_version, first.signoff)


def test_retiring_twice_is_recorded_once(world: World) -> None:
    deployment = deploy(world)
    assert deployment_retire(deployment=deployment, actor=world.user("ml_engineer"), reason="drill") is True
    assert deployment_retire(deployment=deployment, actor=world.user("ml_engineer")) is False
    assert AuditEvent.objects.filter(action="deployment.retire").count() == 1


def test_what_ran_when(world: World) -> None:
    before = timezone.now()
    first = deploy(world, "1.0.0")
    second = deploy(world, "1.1.0", threshold=0.3)
    first.refresh_from_db()
    assert what_ran_at(world.project, before) is None
    assert what_ran_at(world.project, first.activated_at) == first
    assert what_ran_at(world.project, second.activated_at) == second
    assert what_ran_at(world.other_project, timezone.now()) is None


@pytest.mark.django_db(transaction=True)
def test_racing_activations_leave_one_active(world: World) -> None:
    versions = [register(world, f"1.{n}.0", threshold=0.2 + n / 20) for n in range(4)]
    envelopes = [sign(version, world.user("clinical_lead")) for version in versions]
    world.user("ml_engineer")
    start = threading.Barrier(len(versions))
    errors: list[BaseException] = []

    def run(version: Any, envelope: Any) -> None:
        try:
            start.wait(timeout=120)
            activate(world, version, envelope)
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(versions, envelopes, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    locked = [error for error in errors if "locked" in str(error)]
    assert errors == locked  # the in-memory SQLite of a test run does not wait for locks; files and PostgreSQL do
    assert Deployment.objects.count() == len(versions) - len(locked)
    assert Deployment.objects.filter(retired_at=None).count() == 1
