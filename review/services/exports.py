"""Evidence taken out of the hub: the act is an event, the bundle itself changes nothing."""

from __future__ import annotations

from django.db import transaction

from pixelhub.accounts.access import require
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_hex
from review.chain.bundle import evidence_zip_of
from training_app.models import ModelVersion

__all__ = ["evidence_export"]


def evidence_export(*, version: ModelVersion, actor: User | None, with_weights: bool = False) -> bytes:
    """The evidence bundle of a version, its export recorded with the file's digest.

    `actor` None is the command line. Raises Refused where a part is missing, PermissionDenied for people who may not.
    """
    if actor is not None:
        require(actor, version.project, Capability.MODEL_VIEW)
    data = evidence_zip_of(version, with_weights=with_weights)
    with transaction.atomic():
        record(
            action="evidence.download",
            actor=actor,
            project=version.project,
            target=version,
            payload={"version": version.version, "sha256": sha256_hex(data), "with_weights": with_weights},
        )
    return data
