"""Appending to the audit chain."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction
from django.utils.functional import SimpleLazyObject

from pixelhub.audit.chain import event_hash
from pixelhub.audit.models import AuditEvent, AuditHead
from pixelhub.canonical import canonical_json

__all__ = ["Act", "record", "record_access", "record_all", "record_export"]

_MAX_PAYLOAD = 16_384


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act for the chain. `action` is "noun.verb"; `payload` holds ids, hashes and choices, never words."""

    action: str
    actor: Any = None
    project: Any = None
    target: models.Model | None = None
    payload: dict[str, Any] = field(default_factory=dict)


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
    act = Act(action=action, actor=actor, project=project, target=target, payload=payload or {})
    return record_all([act])[0]


def record_all(acts: Sequence[Act]) -> list[AuditEvent]:
    """Append several events in their order, as `record` does each: the head of the chain is locked and moved once."""
    if not connection.in_atomic_block:
        raise RuntimeError("audit.record must run inside the transaction of the act it records")
    if not acts:
        return []
    payloads = [_payload_json(act) for act in acts]
    head = _locked_head()
    seq, digest = head.seq, head.hash
    events = []
    for act, payload_json in zip(acts, payloads, strict=True):
        seq += 1
        fields = _fields(act, seq, payload_json)
        before, digest = digest, event_hash(fields, digest)
        events.append(AuditEvent(**fields, prev_hash=before, hash=digest))
    AuditEvent.objects.bulk_create(events)
    AuditHead.objects.filter(pk=head.pk).update(seq=seq, hash=digest)
    return events


def record_access(*, actor: Any, project: Any, target: models.Model, **payload: Any) -> AuditEvent:
    """Note that somebody was shown the raw words of conversations: once per page or file, as `rawtext.read`.

    `target` is what they opened; `payload` says which part of it, by ids. Commits by itself: reading is the act.
    """
    with transaction.atomic():
        return record(action="rawtext.read", actor=actor, project=project, target=target, payload=payload)


def record_export(
    *, actor: Any, project: Any, what: str, target: models.Model | None = None, **payload: Any
) -> AuditEvent:
    """Note that somebody took a file out of the hub that holds no words of conversations, as `file.download`.

    `what` names the file's kind ("agreement"); `target` is what it tells of. Commits by itself: taking is the act.
    """
    with transaction.atomic():
        facts = {"what": what, **payload}
        return record(action="file.download", actor=actor, project=project, target=target, payload=facts)


def _payload_json(act: Act) -> str:
    payload_json = canonical_json(act.payload).decode("utf-8")
    if len(payload_json) > _MAX_PAYLOAD:
        raise ValueError(f"audit payload of {act.action} is over {_MAX_PAYLOAD} characters")
    return payload_json


def _fields(act: Act, seq: int, payload_json: str) -> dict[str, Any]:
    actor = act.actor
    if isinstance(actor, SimpleLazyObject):
        actor = actor if actor.pk else None
    return {
        "seq": seq,
        "at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "action": act.action,
        "actor_id": actor.pk if actor else None,
        "actor_label": actor.get_username() if actor else "",
        "project_id": act.project.pk if act.project else None,
        "target_type": act.target._meta.label if act.target is not None else "",
        "target_id": str(act.target.pk) if act.target is not None else "",
        "payload_json": payload_json,
    }


def _locked_head() -> AuditHead:
    head = AuditHead.objects.select_for_update(no_key=True).filter(pk=1).first()
    if head is None:
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update(no_key=True).get(pk=1)
    return head
