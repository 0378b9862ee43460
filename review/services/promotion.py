"""Promotion: one step takes the former version out and the signed one in; going back is the same step."""

from __future__ import annotations

from django.db import transaction

from inference.models import Deployment
from inference.services import BundleRefused, SignoffRefused, deployment_activate
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from review.refusal import Refused
from review.standing import holding_signoff
from review.topics import touch_review
from training_app.models import ModelVersion, VersionState
from training_app.services import version_set_state

__all__ = ["version_promote"]

_PROMOTABLE = (VersionState.APPROVED, VersionState.RETIRED)


def version_promote(*, version: ModelVersion, actor: User) -> Deployment:
    """Put an approved version into production, or go back to a retired one whose sign-off still holds.

    Deployment, both versions' states and the audit events commit together. Raises PermissionDenied for people who
    may not promote, Refused naming what does not hold.
    """
    require(actor, version.project, Capability.PROMOTE)
    try:
        return _promote(version, actor)
    except (SignoffRefused, BundleRefused) as error:
        raise Refused(f"The serving side refuses version {version.version}: {error}.") from None


@transaction.atomic
def _promote(version: ModelVersion, actor: User) -> Deployment:
    # The project's row serialises promotions; versions are locked before the audit head, always in this order.
    project = Project.objects.select_for_update(no_key=True).get(pk=version.project_id)
    versions = {
        row.pk: row
        for row in ModelVersion.objects.select_for_update(no_key=True).filter(project=project).order_by("pk")
    }
    locked = versions[version.pk]
    if locked.state not in _PROMOTABLE:
        raise Refused(
            f"Version {locked.version} is {locked.get_state_display().lower()}; "
            "only an approved version, or an earlier one, goes to production."
        )
    signoff = holding_signoff(locked)
    going_back = locked.state == VersionState.RETIRED
    former = next((row for row in versions.values() if row.state == VersionState.PRODUCTION), None)
    record(
        action="version.roll_back" if going_back else "version.promote",
        actor=actor,
        project=project,
        target=locked,
        payload={
            "bundle_sha256": locked.bundle_sha256,
            "signoff": signoff.pk,
            "former": former.bundle_sha256 if former else None,
        },
    )
    if former:
        version_set_state(version=former, state=VersionState.RETIRED, actor=actor)
    deployment = deployment_activate(project=project, model_version=locked, signoff=signoff.envelope, actor=actor)
    version_set_state(version=locked, state=VersionState.PRODUCTION, actor=actor)
    version.state = VersionState.PRODUCTION
    touch_review(project)
    return deployment
