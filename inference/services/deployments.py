"""What is in production: activated, retired, refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from inference.engine.errors import SignoffRefused
from inference.models import Deployment, SignoffVoid
from inference.serving.reading import evidence_of, read_signed_bundle
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json

if TYPE_CHECKING:
    from pixelhub.accounts.models import User
    from training_app.models import ModelVersion


def deployment_activate(
    *, project: Project, model_version: ModelVersion, signoff: dict[str, Any], actor: User | None
) -> Deployment:
    """Put a signed version into production and retire what ran before, in one transaction.

    The envelope and every byte of the bundle are verified here again, whatever the caller checked. Activating what is
    active already returns the deployment at hand.

    Raises:
        SignoffRefused, BundleRefused: naming what is wrong; nothing was changed.
    """
    if model_version.project_id != project.pk:
        raise SignoffRefused("project: the version belongs to another project")
    sha256 = model_version.bundle_sha256
    # Outside of the transaction: reading and hashing some 100 MB must not hold the project's row.
    read_signed_bundle(model_version=model_version, bundle_sha256=sha256, signoff=signoff)
    with transaction.atomic():
        # The project's row serialises activations: two at once would both see nothing to retire.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if SignoffVoid.objects.filter(project=project, evidence_sha256=evidence_of(signoff)).exists():
            raise SignoffRefused("voided: the sign-off over this evidence was taken back meanwhile")
        former = Deployment.objects.filter(project=project, retired_at=None).first()
        if former and former.bundle_sha256 == sha256 and former.signoff == signoff:
            return former
        now = timezone.now()
        if former:
            _retire(former, actor=actor, at=now, why="replaced")
        deployment = Deployment.objects.create(
            project=project,
            model_version=model_version,
            bundle_sha256=sha256,
            signoff=signoff,
            activated_at=now,
            activated_by=actor,
        )
        record(
            action="deployment.activate",
            actor=actor,
            project=project,
            target=deployment,
            payload={
                "model_version": model_version.version,
                "bundle_sha256": sha256,
                "signoff_sha256": sha256_json(signoff["document"]),
                "former": former.pk if former else None,
            },
        )
    return deployment


@transaction.atomic
def deployment_retire(*, deployment: Deployment, actor: User | None, reason: str = "") -> bool:
    """Take a version out of production; the rules answer until another is activated. False when it was out already."""
    return _retire(deployment, actor=actor, at=timezone.now(), why=reason[:200] or "retired")


@transaction.atomic
def signoff_void_record(
    *, project: Project, evidence_sha256: str, bundle_sha256: str, reason: str, actor: User | None
) -> SignoffVoid:
    """Void every sign-off over this evidence, and take what runs on it out of production: the rules answer then.

    The caller has checked who asks and why. Raises IntegrityError where it is void already.
    """
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    void = SignoffVoid.objects.create(
        project=project,
        evidence_sha256=evidence_sha256,
        bundle_sha256=bundle_sha256,
        reason=reason,
        voided_by=actor,
    )
    record(
        action="signoff.void",
        actor=actor,
        project=project,
        target=void,
        payload={"evidence_sha256": evidence_sha256, "bundle_sha256": bundle_sha256},
    )
    running = Deployment.objects.filter(project=project, retired_at=None).first()
    if running and evidence_of(running.signoff) == evidence_sha256:
        _retire(running, actor=actor, at=timezone.now(), why="its sign-off was voided")
    return void


@transaction.atomic
def deployment_refusal_record(*, deployment: Deployment, reason: str) -> None:
    """Note that a serving process refused what the ledger told it to serve."""
    record(
        action="deployment.refuse",
        project=deployment.project,
        target=deployment,
        payload={"bundle_sha256": deployment.bundle_sha256, "reason": reason[:300]},
    )


def _retire(deployment: Deployment, *, actor: User | None, at: Any, why: str) -> bool:
    changed = Deployment.objects.filter(pk=deployment.pk, retired_at=None).update(retired_at=at, retired_by=actor)
    if changed:
        record(
            action="deployment.retire",
            actor=actor,
            project=deployment.project,
            target=deployment,
            payload={"bundle_sha256": deployment.bundle_sha256, "reason": why},
        )
    return bool(changed)
