"""The audit's part of an evidence bundle: the events of the acts concerned, each proven to lie under a signed head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from inference.models import Deployment
from pixelhub.audit.chain import HASHED_FIELDS
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.published import PublishedHead, head_covering, inclusion_of
from pixelhub.audit.verification import audit_publish_head
from pixelhub.canonical import canonical_json
from review.models import Campaign, FairnessReport, SignOff
from review.refusal import Refused
from training_app.models import ModelVersion

__all__ = ["audit_files", "events_of_version"]

#: Looking at a version, or taking its evidence out, is no part of its evidence.
_READING = ("rawtext.read", "file.download", "evidence.download")


def audit_files(version: ModelVersion, signoffs: Sequence[SignOff]) -> dict[str, bytes]:
    """The events in order with their paths, and the published head that covers them all.

    Where the last of them was not published yet, the head of now is published first. Raises Refused for a chain that
    is no longer the one whose head was signed.
    """
    events = list(events_of_version(version, signoffs).order_by("seq").values(*HASHED_FIELDS, "prev_hash", "hash"))
    if not events:
        raise Refused(f"The audit trail has no event of version {version.version}.")
    head = _head(events[-1]["seq"])
    try:
        lines = [{"event": event, "path": inclusion_of(event["seq"], head)} for event in events]
    except ValueError:
        raise Refused("The audit trail is no longer the one whose head was published; verify it.") from None
    return {
        "audit/head.json": head.bytes(),
        "audit/events.jsonl": b"".join(canonical_json(line) + b"\n" for line in lines),
    }


def events_of_version(version: ModelVersion, signoffs: Sequence[SignOff] = ()) -> QuerySet[AuditEvent]:
    """What was done to a version, its run, release, snapshots, reviews, sign-offs and deployments."""
    keys: dict[str, Any] = {
        "training_app.ModelVersion": [version.pk],
        "training_app.TrainingRun": [version.run_id],
        "datasets_app.Release": [version.release_id],
        "datasets_app.LabelSnapshot": list(version.release.snapshots.values_list("pk", flat=True)),
        "review.Campaign": list(Campaign.objects.filter(model_version=version).values_list("pk", flat=True)),
        "review.FairnessReport": list(
            FairnessReport.objects.filter(model_version=version).values_list("pk", flat=True)
        ),
        "review.SignOff": [row.pk for row in signoffs],
        "inference.Deployment": list(Deployment.objects.filter(model_version=version).values_list("pk", flat=True)),
    }
    concerned = Q(pk__in=[])
    for label, rows in keys.items():
        concerned |= Q(target_type=label, target_id__in=[str(row) for row in rows])
    return AuditEvent.objects.filter(concerned).exclude(action__in=_READING)


def _head(seq: int) -> PublishedHead:
    head = head_covering(seq)
    if head is None:
        audit_publish_head()
        head = head_covering(seq)
    if head is None:
        raise Refused("The head of the audit trail could not be published.")
    return head
