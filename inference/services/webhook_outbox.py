"""Messages for a project's webhook, written in the transaction of what they tell. Sending is another matter."""

from __future__ import annotations

from typing import Any

from inference.models import Case, Webhook, WebhookDelivery
from pixelhub.canonical import canonical_json

#: The form of a message; receivers may rely on it.
SCHEMA = "pixelhub.case/1"


def webhook_tell(*, case: Case, event: str) -> None:
    """Put a message about a case into the outbox, where the project has a webhook that is not disabled."""
    webhook = Webhook.objects.filter(project_id=case.project_id, disabled_at=None, removed_at=None).first()
    if webhook is not None:
        delivery_write(webhook=webhook, case=case, event=event, body=message_of(case))


def delivery_write(*, webhook: Webhook, case: Case | None, event: str, body: dict[str, Any]) -> WebhookDelivery:
    """One message in the outbox."""
    delivery = WebhookDelivery(webhook=webhook, case=case, event=event)
    message = {"schema": SCHEMA, "delivery": str(delivery.id), "event": event, **body}
    delivery.payload_json = canonical_json(message).decode()
    delivery.save(force_insert=True)
    return delivery


def message_of(case: Case) -> dict[str, Any]:
    """What is told of a case: no text, no names, nothing by which a person could be found but the client's own id."""
    due = case.due
    return {
        "project": case.project_id,
        "case": case.pk,
        "conversation_id": case.conversation_id or None,
        "kind": case.kind,
        "state": case.state,
        "level": case.level,
        "crisis_type": case.crisis_type,
        "tier": case.tier,
        "opened_at": case.opened_at.isoformat(),
        "due_at": due.isoformat() if due else None,
        "path": case.get_absolute_url(),
    }
