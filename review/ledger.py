"""What the audit trail says of sign-off and promotion, in order: the ledger that answers “what ran when, and why”."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.db.models import QuerySet

from inference.models import SignoffVoid
from pixelhub.accounts.models import Project, User
from pixelhub.audit.models import AuditEvent
from review.models import PromotionFreeze, SignOff, SignOffPolicy

__all__ = ["ACTIONS", "LedgerLine", "ledger_lines", "ledger_of"]

#: Action -> what it says.
ACTIONS: Final[dict[str, str]] = {
    "signoff.decide": "Signed",
    "signoff.refuse": "Signature refused",
    "signoff.void": "Sign-off voided",
    "signoff.policy_set": "Policy changed",
    "version.promote": "Promoted",
    "version.roll_back": "Rolled back",
    "version.promote_refused": "Promotion refused",
    "promotion.freeze": "Promotions frozen",
    "promotion.unfreeze": "Promotions go on",
    "deployment.retire": "Taken out of production",
    "deployment.refuse": "Refused by a serving process",
}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One act as the page shows it."""

    seq: int
    at: str
    who: str
    says: str
    detail: str
    reason: str
    bundle_sha256: str
    evidence_sha256: str


def ledger_of(project: Project) -> QuerySet[AuditEvent]:
    """The project's acts, newest first."""
    return AuditEvent.objects.filter(project_id=project.pk, action__in=ACTIONS).order_by("-seq")


def ledger_lines(events: list[AuditEvent]) -> list[LedgerLine]:
    """The same with names, and with the reasons that people gave (they are kept beside the trail, not in it)."""
    people = User.objects.in_bulk({event.actor_id for event in events if event.actor_id})
    reasons = _reasons(events)
    return [_line(event, people.get(event.actor_id or 0), reasons) for event in events]


def _line(event: AuditEvent, actor: User | None, reasons: dict[tuple[str, str], str]) -> LedgerLine:
    payload: dict[str, Any] = orjson.loads(event.payload_json)
    says = ACTIONS[event.action]
    if event.action == "signoff.decide":
        says = {"approved": "Approved", "rejected": "Rejected"}.get(payload.get("decision", ""), says)
    reason = reasons.get((event.action, event.target_id), "")
    if event.action.startswith("deployment."):
        reason = str(payload.get("reason", ""))
    return LedgerLine(
        seq=event.seq,
        at=event.at,
        who=str(actor or event.actor_label or "the hub"),
        says=says,
        detail=_detail(payload),
        reason=reason,
        bundle_sha256=str(payload.get("bundle_sha256", "")),
        evidence_sha256=str(payload.get("evidence_sha256", "")),
    )


def _detail(payload: dict[str, Any]) -> str:
    words = [f"version {payload['model_version']}"] if payload.get("model_version") else []
    if payload.get("blocks"):
        words.append("because of: " + ", ".join(code.replace("_", " ") for code in payload["blocks"]))
    if payload.get("waived"):
        words.append("with gates waived by two people: " + ", ".join(payload["waived"]))
    if payload.get("changed"):
        words.append(
            ", ".join(f"{name.replace('_', ' ')}: {old} to {new}" for name, (old, new) in payload["changed"].items())
        )
    return "; ".join(words)


def _reasons(events: list[AuditEvent]) -> dict[tuple[str, str], str]:
    """(action, target id) -> the reason, read from the row that the act made."""
    ids: dict[str, set[str]] = {}
    for event in events:
        ids.setdefault(event.action, set()).add(event.target_id)
    found: dict[tuple[str, str], str] = {}
    for action, model, name in (
        ("signoff.decide", SignOff, "reason"),
        ("signoff.void", SignoffVoid, "reason"),
        ("signoff.policy_set", SignOffPolicy, "reason"),
        ("promotion.freeze", PromotionFreeze, "reason"),
        ("promotion.unfreeze", PromotionFreeze, "lifted_reason"),
    ):
        rows = model._default_manager.filter(pk__in=ids.get(action, set())).values_list("pk", name)
        found |= {(action, str(pk)): text for pk, text in rows}
    return found
