"""The hub's own eye on what serves: where signed evidence was altered, the sign-off is void, without anybody asking."""

from __future__ import annotations

import logging

from django.db import transaction

from inference.engine.errors import BundleRefused
from inference.models import Deployment, SignoffVoid
from inference.services import deployment_retire, signoff_void_record
from inference.serving.reading import evidence_of, read_bundle
from pixelhub.accounts.models import Project
from pixelhub.objects import ObjectNotFound, get_store
from review.altered import altered_parts
from review.topics import touch_review
from training_app.models import ModelVersion, VersionState
from training_app.services import version_set_state

__all__ = ["production_watch"]

logger = logging.getLogger(__name__)


def production_watch(*, project: Project, with_bytes: bool = False) -> SignoffVoid | None:
    """Void the sign-off of what is in production where any part of its evidence was altered; None where all stands.

    It leaves production in the same transaction, and the rules answer. A row that reached production past the services
    may name no evidence, or one that is void already: it leaves all the same. `with_bytes` hashes every file of the
    bundle too, which takes a while and holds no lock. A part that is missing, or cannot be read now, voids nothing: the
    serving process refuses what it cannot prove, and what comes back unchanged was never altered.
    """
    running = _running(project)
    if running is None:
        return None
    altered = altered_parts(running.model_version, running.signoff["document"])
    if with_bytes and not altered and _bytes_differ(running.model_version):
        altered = ["Weights"]
    if not altered:
        return None
    return _void(project, running, altered)


@transaction.atomic
def _void(project: Project, found: Deployment, altered: list[str]) -> SignoffVoid | None:
    # The order of locks of a promotion: the project, then its version, then the end of the audit chain.
    locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    running = _running(locked)
    if running is None or running.pk != found.pk:
        return None  # somebody promoted, rolled back or voided meanwhile
    version = ModelVersion.objects.select_for_update(no_key=True).get(pk=running.model_version_id)
    evidence = evidence_of(running.signoff)
    reason = f"What was signed has been altered: {', '.join(altered).lower()}."
    void = SignoffVoid.objects.filter(project=locked, evidence_sha256=evidence).first()
    if void is not None or not evidence:
        deployment_retire(deployment=running, actor=None, reason=reason)
        logger.error("project %s: what served was altered and had no sign-off that could be voided", locked.slug)
    else:
        void = signoff_void_record(
            project=locked,
            evidence_sha256=evidence,
            bundle_sha256=running.bundle_sha256,
            reason=reason,
            actor=None,
        )
    if version.state == VersionState.PRODUCTION:
        version_set_state(version=version, state=VersionState.RETIRED, actor=None)
    touch_review(locked)
    return void


def _running(project: Project) -> Deployment | None:
    rows = Deployment.objects.filter(project=project, retired_at=None)
    return rows.select_related("model_version__release", "model_version__project").first()


def _bytes_differ(version: ModelVersion) -> bool:
    """Whether a stored file is another one; a missing one is not known to be."""
    store = get_store()
    names = {stat.key.removeprefix(version.object_prefix) for stat in store.list(version.object_prefix)}
    if not set(version.files) <= names:
        return False
    try:
        read_bundle(store, version.object_prefix, version.bundle_sha256)
    except BundleRefused:
        return True
    except ObjectNotFound:
        return False
    return False
