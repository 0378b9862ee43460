"""Promotion: one step takes the former version out and the signed one in; going back is one step as well."""

from __future__ import annotations

from django.db import transaction

from inference.models import Deployment
from inference.services import BundleRefused, SignoffRefused, deployment_activate
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_json
from review.models import PromotionFreeze
from review.production_gates import blocking_gates, waived_gates
from review.refusal import Block, Refused, refused_for
from review.standing import has_served, signoff_standing
from review.topics import touch_review
from training_app.models import ModelVersion, VersionState
from training_app.services import version_set_state

__all__ = ["promotion_blocks", "roll_back", "version_promote"]


def version_promote(*, version: ModelVersion, actor: User) -> Deployment:
    """Put an approved version into production, or go back to a retired one whose sign-off still holds.

    Deployment, both versions' states and the audit events commit together. Raises PermissionDenied for people who
    may not promote, Refused naming everything that stands against it; a refused attempt is recorded too.
    """
    require(actor, version.project, Capability.PROMOTE)
    try:
        return _promote(version, actor)
    except (SignoffRefused, BundleRefused) as error:
        says = f"The serving side refuses version {version.version}: {error}."
        refused = Refused(says, [Block("loader", says)])
    except Refused as error:
        refused = error
    _refusal_record(version, actor, refused)
    raise refused


def roll_back(*, project: Project, actor: User) -> Deployment:
    """Go back to the version that was in production before this one, in one step.

    Raises Refused where nothing ran before, or what ran before may not serve any more: it is never skipped silently.
    """
    require(actor, project, Capability.PROMOTE)
    deployments = Deployment.objects.filter(project=project).select_related("model_version__project")
    running = deployments.filter(retired_at=None).first()
    earlier = deployments.exclude(retired_at=None).order_by("-retired_at", "-pk")
    if running is not None:
        earlier = earlier.exclude(model_version=running.model_version)
    former = earlier.first()
    if former is None:
        raise Refused("No version was in production before this one.")
    return version_promote(version=former.model_version, actor=actor)


def promotion_blocks(version: ModelVersion, *, with_bytes: bool = True) -> list[Block]:
    """Everything that stands against this version in production now; empty when it may go."""
    blocks = _state_blocks(version)
    blocks += signoff_standing(version, with_bytes=with_bytes).blocks
    if _goes_back(version):
        return blocks  # it has served before: its gates were passed or waived then, and a freeze leaves the way back
    freeze = PromotionFreeze.objects.filter(project=version.project_id, lifted_at=None).first()
    if freeze is not None:
        says = f"Promotions are frozen since {freeze.frozen_at:%d %b %Y} by {freeze.frozen_by}: {freeze.reason}"
        blocks.append(Block("frozen", says))
    return blocks + blocking_gates(version)


def _goes_back(version: ModelVersion) -> bool:
    """Retired alone does not say that it served: a version that was laid aside unused goes through every gate."""
    return version.state == VersionState.RETIRED and has_served(version)


@transaction.atomic
def _promote(version: ModelVersion, actor: User) -> Deployment:
    # The project's row serialises promotions; versions are locked before the audit head, always in this order.
    project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
    versions = {
        row.pk: row
        for row in ModelVersion.objects.select_for_update(no_key=True).filter(project=project).order_by("pk")
    }
    locked = versions[version.pk]
    # The bytes are proven by the activation itself, in this same step.
    blocks = promotion_blocks(locked, with_bytes=False)
    if blocks:
        raise refused_for(blocks)
    envelope = signoff_standing(locked, with_bytes=False).envelope
    going_back = _goes_back(locked)
    former = next((row for row in versions.values() if row.state == VersionState.PRODUCTION), None)
    record(
        action="version.roll_back" if going_back else "version.promote",
        actor=actor,
        project=project,
        target=locked,
        payload={
            "model_version": locked.version,
            "bundle_sha256": locked.bundle_sha256,
            "evidence_sha256": envelope["document"]["evidence_sha256"],
            "signoff_sha256": sha256_json(envelope["document"]),
            "former": former.bundle_sha256 if former else None,
            "waived": [] if going_back else waived_gates(locked),
        },
    )
    if former:
        version_set_state(version=former, state=VersionState.RETIRED, actor=actor)
    deployment = deployment_activate(project=project, model_version=locked, signoff=envelope, actor=actor)
    version_set_state(version=locked, state=VersionState.PRODUCTION, actor=actor)
    version.state = VersionState.PRODUCTION
    touch_review(project)
    return deployment


def _state_blocks(version: ModelVersion) -> list[Block]:
    if version.state in (VersionState.APPROVED, VersionState.RETIRED):
        return []
    says = (
        f"Version {version.version} is {version.get_state_display().lower()}; "
        "only an approved version, or an earlier one, goes to production."
    )
    return [Block("state", says)]


@transaction.atomic
def _refusal_record(version: ModelVersion, actor: User, refused: Refused) -> None:
    record(
        action="version.promote_refused",
        actor=actor,
        project=version.project,
        target=version,
        payload={
            "model_version": version.version,
            "bundle_sha256": version.bundle_sha256,
            "blocks": [block.code for block in refused.blocks],
        },
    )
