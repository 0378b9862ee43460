"""Appending to the audit chain."""

from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils.functional import SimpleLazyObject

from pixelhub.audit.chain import event_hash
from pixelhub.audit.models import AuditEvent, AuditHead
from pixelhub.canonical import canonical_json

__all__ = ["record", "record_access"]

_MAX_PAYLOAD = 16_384


def record(
    *,
    action: str,
    actor: Any = None,
    project: Any = None,
    target: models.Model | None = None,
    payload: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one event in the caller's transaction, so that act and event commit together or not at all.

    `action` is "noun.verb"; `payload` holds ids, hashes and choices, never conversation text (16 KB at most).
    Raises RuntimeError outside a transaction and ValueError for a payload that has no canonical form.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record must run inside the transaction of the act it records")
    payload_json = canonical_json(payload or {}).decode("utf-8")
    if len(payload_json) > _MAX_PAYLOAD:
        raise ValueError(f"audit payload of {action} is over {_MAX_PAYLOAD} characters")
    if isinstance(actor, SimpleLazyObject):
        actor = actor if actor.pk else None
    head = _locked_head()
    fields: dict[str, Any] = {
        "seq": head.seq + 1,
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "action": action,
        "actor_id": actor.pk if actor else None,
        "actor_label": actor.get_username() if actor else "",
        "project_id": project.pk if project else None,
        "target_type": target._meta.label if target is not None else "",
        "target_id": str(target.pk) if target is not None else "",
        "payload_json": payload_json,
    }
    digest = event_hash(fields, head.hash)
    event = AuditEvent.objects.create(**fields, prev_hash=head.hash, hash=digest)
    AuditHead.objects.filter(pk=head.pk).update(seq=event.seq, hash=digest)
    return event


def record_access(*, actor: Any, project: Any, target: models.Model, **payload: Any) -> AuditEvent:
    """Note that somebody was shown the raw words of conversations: once per page or file, as `rawtext.read`.

    `target` is what they opened; `payload` says which part of it, by ids. Commits by itself: reading is the act.
    """
    with transaction.atomic():
        return record(action="rawtext.read", actor=actor, project=project, target=target, payload=payload)


def _locked_head() -> AuditHead:
    head = AuditHead.objects.select_for_update(no_key=True).filter(pk=1).first()
    if head is None:
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update(no_key=True).get(pk=1)
    return head
