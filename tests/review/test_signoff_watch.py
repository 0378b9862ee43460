"""What was signed and is altered later ends its service by itself; what is only newer is shown to a clinical lead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from inference.engine.errors import SignoffRefused
from inference.models import Deployment, SignoffVoid
from inference.services import deployment_activate, deployments, signoff_void_record
from inference.serving.reading import read_signed_bundle
from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import sha256_json
from pixelhub.jobs.runner import run_inline
from pixelhub.jobs.services import job_enqueue
from pixelhub.objects import get_store
from review import production_watch as worker
from review import services
from review.models import FairnessReport, Judgement
from review.refusal import Refused
from review.selectors import next_actions
from review.services.fairness import fairness_report_make
from review.services.watching import production_watch
from review.standing import signoff_standing
from tests.inference.deployed import place, register, sign
from tests.personas import World
from tests.review.staged import Staged
from training_app.models import Evaluation, ModelVersion, VersionState
from training_app.services import version_set_state
from training_app.services.evaluations import CARD, PREDICTIONS

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """Ends a transaction that is only for looking."""


@pytest.fixture
def serving(staged: Staged) -> Staged:
    """In production, on evidence with a fairness report in it."""
    fairness_report_make(version=staged.version, actor=staged.trainer)
    staged.approved()
    services.version_promote(version=staged.version, actor=staged.trainer)
    return staged


def judgement(staged: Staged) -> None:
    one = Judgement.objects.filter(judged_at__isnull=False).order_by("pk")[:1]
    Judgement.objects.filter(pk__in=one.values("pk")).update(comment="It was said otherwise.")


def metrics(staged: Staged) -> None:
    Evaluation.objects.update(metrics={"n": 1})


def campaign(staged: Staged) -> None:
    staged.version.campaigns.update(state="open", sha256="")


def release(staged: Staged) -> None:
    type(staged.version.release).objects.filter(pk=staged.version.release_id).update(manifest_sha256="e" * 64)


def bundle(staged: Staged) -> None:
    ModelVersion.objects.update(bundle_sha256="e" * 64)


ROWS: dict[Callable[[Staged], None], str] = {
    judgement: "expert review",
    metrics: "metrics on the test set",
    campaign: "expert review",
    release: "manifest of the release",
    bundle: "bundle",
}


def test_whatever_is_altered_ends_service_and_is_named(serving: Staged) -> None:
    project = serving.project
    assert production_watch(project=project, with_bytes=True) is None, "as long as all of it stands"
    for alter, named in ROWS.items():
        with pytest.raises(Undone), transaction.atomic():
            alter(serving)
            void = production_watch(project=project)
            assert void is not None and void.voided_by is None and named in void.reason, alter.__name__
            assert not Deployment.objects.filter(retired_at=None).exists()
            assert ModelVersion.objects.get().state == VersionState.RETIRED
            assert production_watch(project=project) is None, "there is nothing left to look at"
            raise Undone
    store, version = get_store(), serving.version
    for key, named in (
        (f"{version.evidence_prefix}{CARD}", "model card"),
        (f"{version.evidence_prefix}{PREDICTIONS}", "predictions"),
        (f"{version.object_prefix}model.onnx", "weights"),
    ):
        before = store.read(key)
        store.delete(key)
        assert production_watch(project=project, with_bytes=True) is None, "what is missing was not altered"
        store.put(key, before + b" ")
        with pytest.raises(Undone), transaction.atomic():
            void = production_watch(project=project, with_bytes=True)
            assert void is not None and named in void.reason
            raise Undone
        store.delete(key)
        store.put(key, before)
    assert production_watch(project=project, with_bytes=True) is None
    assert not SignoffVoid.objects.exists()


def test_a_worker_looks_and_the_daily_job_reads_every_file(serving: Staged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_looked_at", float("-inf"))
    worker.watch_production()
    serving.flip_byte()
    worker.watch_production()
    assert not SignoffVoid.objects.exists(), "a worker that has just looked waits"
    job = job_enqueue(kind="review.prove_production", params={}, project=None, owner=None)
    run_inline(job)
    job.refresh_from_db()
    assert job.result == {"voided": 1}
    actions = list(AuditEvent.objects.values_list("action", flat=True).order_by("-seq")[:20])
    assert "signoff.void" in actions and "deployment.retire" in actions
    with pytest.raises(Refused, match="voided by the hub"):
        services.version_promote(version=ModelVersion.objects.get(), actor=serving.trainer)


def test_what_is_only_newer_waits_for_a_clinical_lead(serving: Staged) -> None:
    def asked(person: User) -> list[str]:
        return [one.detail for one in next_actions(person, serving.project) if "in production again" in one.title]

    assert asked(serving.lead) == []
    # The service makes none once it serves; one that was under way at the promotion can still come after it.
    document = {"n": 1}
    values = {"document": document, "sha256": sha256_json(document), "alert": "none", "created_by": serving.lead}
    version = ModelVersion.objects.get()
    FairnessReport.objects.create(
        project=serving.project, model_version=version, bundle_sha256=version.bundle_sha256, **values
    )
    assert production_watch(project=serving.project) is None
    [detail] = asked(serving.lead)
    assert "fairness report" in detail and asked(serving.world.user("qa")) == []
    assert signoff_standing(ModelVersion.objects.get()).blocks, "and it is not promoted anew like this"


def test_a_version_laid_aside_unused_goes_through_every_gate(staged: Staged) -> None:
    staged.approved(waived=False)
    version_set_state(version=ModelVersion.objects.get(), state=VersionState.RETIRED, actor=staged.trainer)
    services.promotion_freeze(project=staged.project, actor=staged.lead, reason="Something looks wrong.")
    with pytest.raises(Refused) as refused:
        services.version_promote(version=ModelVersion.objects.get(), actor=staged.trainer)
    codes = {block.code for block in refused.value.blocks}
    assert "frozen" in codes and len(codes) > 1, "retired is no way around a freeze and the gates"


def test_a_first_promotion_meets_the_policy_of_today(staged: Staged) -> None:
    def stricter(**asks: object) -> None:
        values = {"approvals": 1} | asks
        services.signoff_policy_set(project=staged.project, actor=staged.lead, reason="As of today.", **values)

    staged.approved()
    for asks, says in (
        ({"requires_mfa": True}, "second factor"),
        ({"requires_fairness": True}, "fairness report"),
        ({"requires_edge_cases": True}, "edge cases were kept"),
        ({"approvals": 2}, "asks for 2 people"),
    ):
        stricter(**asks)
        with pytest.raises(Refused, match=says):
            services.version_promote(version=ModelVersion.objects.get(), actor=staged.trainer)
    stricter()
    services.version_promote(version=ModelVersion.objects.get(), actor=staged.trainer)
    stricter(requires_mfa=True)
    assert signoff_standing(ModelVersion.objects.get()).holds, "what serves keeps what it was signed under"


def test_who_compiled_the_release_does_not_sign_what_learned_from_it(staged: Staged) -> None:
    staged.reviewed()
    release = staged.version.release
    type(release).objects.filter(pk=release.pk).update(compiled_by=staged.lead)
    staged.version = ModelVersion.objects.get()
    with pytest.raises(Refused, match="made the release"):
        staged.sign()
    signoff = staged.sign(staged.world.user("clinical_lead", n=2))
    assert {person["id"] for person in signoff.document["ancestors"]} == {staged.lead.pk}


def test_what_reached_production_without_evidence_or_on_spent_evidence_leaves_it_too(world: World) -> None:
    """As a benchmark fills a hub, or somebody with access to the database: there is nothing that could be voided."""
    version = register(world)
    activate = {"project": world.project, "model_version": version, "actor": version.trainer}
    deployment_activate(signoff=sign(version, world.user("clinical_lead"), evidence_sha256=None), **activate)
    assert production_watch(project=world.project) is None
    assert not Deployment.objects.filter(retired_at=None).exists() and not SignoffVoid.objects.exists()

    signed = sign(version, world.user("clinical_lead"))
    deployment_activate(signoff=signed, **activate)
    void = production_watch(project=world.project)
    assert void is not None
    place(version, signed)
    assert production_watch(project=world.project) == void
    assert not Deployment.objects.filter(retired_at=None).exists()


def test_evidence_that_is_voided_while_a_version_is_being_read_does_not_serve(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = register(world)
    signed = sign(version, world.user("clinical_lead"))

    def voiding(**kwargs: Any) -> None:
        read_signed_bundle(**kwargs)
        signoff_void_record(
            project=world.project, evidence_sha256=signed["document"]["evidence_sha256"],
            bundle_sha256=version.bundle_sha256, reason="Meanwhile.", actor=None,
        )  # fmt: skip

    monkeypatch.setattr(deployments, "read_signed_bundle", voiding)
    with pytest.raises(SignoffRefused, match="meanwhile"):
        deployment_activate(project=world.project, model_version=version, signoff=signed, actor=version.trainer)
    assert not Deployment.objects.exists()
