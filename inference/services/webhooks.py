"""A project's webhook: where its alarms go, with which secret, and what becomes of each message."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from inference.models import Webhook, WebhookDelivery
from inference.models.webhooks import new_salt
from inference.refusals import CaseInvalid, CaseRefused
from inference.services.webhook_outbox import delivery_write
from inference.topics import cases_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.addresses import AddressRefused
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.webhooks import Attempt, check_webhook, send_message

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

#: Messages given up in a row after which nothing more is sent until an administrator looks.
DISABLED_AFTER = 5
JOB_KIND = "webhook.deliver"
_BATCH = 100


def webhook_secret(webhook: Webhook) -> str:
    """The signing secret: derived, so that a copy of the database signs nothing. With SECRET_KEY it changes too."""
    text = f"pixelhub.webhook:{webhook.pk}:{webhook.salt}".encode()
    return "whsec_" + hmac.new(settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()


@transaction.atomic
def webhook_set(*, project: Project, actor: User, url: str) -> Webhook:
    """Send this project's alarms to `url` from now on; a former webhook ends. Raises `CaseInvalid`."""
    require(actor, project, Capability.WEBHOOK_MANAGE)
    url = url.strip()
    try:
        check_webhook(url, ports=settings.WEBHOOK_PORTS, private=settings.WEBHOOK_PRIVATE_ORIGINS)
    except AddressRefused as refused:
        raise CaseInvalid("url", str(refused)) from None
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    Webhook.objects.filter(project=project, removed_at=None).update(removed_at=timezone.now())
    webhook = Webhook.objects.create(project=project, url=url, created_by=actor)
    record(action="webhook.set", actor=actor, project=project, target=webhook)
    return webhook


@transaction.atomic
def webhook_rotate(*, webhook: Webhook, actor: User) -> Webhook:
    """A new secret; the former one signs nothing more."""
    require(actor, webhook.project, Capability.WEBHOOK_MANAGE)
    Webhook.objects.filter(pk=webhook.pk).update(salt=new_salt())
    record(action="webhook.rotate", actor=actor, project=webhook.project, target=webhook)
    webhook.refresh_from_db()
    return webhook


@transaction.atomic
def webhook_remove(*, webhook: Webhook, actor: User) -> None:
    """Send nothing more; messages that wait are given up."""
    require(actor, webhook.project, Capability.WEBHOOK_MANAGE)
    now = timezone.now()
    if Webhook.objects.filter(pk=webhook.pk, removed_at=None).update(removed_at=now):
        webhook.deliveries.filter(state=WebhookDelivery.State.WAITING).update(
            state=WebhookDelivery.State.GIVEN_UP, problem="removed", finished_at=now
        )
        record(action="webhook.remove", actor=actor, project=webhook.project, target=webhook)


@transaction.atomic
def webhook_enable(*, webhook: Webhook, actor: User) -> None:
    """Send again after it was disabled; what was given up stays so: the board has it all."""
    require(actor, webhook.project, Capability.WEBHOOK_MANAGE)
    if Webhook.objects.filter(pk=webhook.pk, disabled_at__isnull=False).update(disabled_at=None, failures=0):
        record(action="webhook.enable", actor=actor, project=webhook.project, target=webhook)
        touch(cases_topic(webhook.project_id))


@transaction.atomic
def webhook_test(*, webhook: Webhook, actor: User) -> WebhookDelivery:
    """Put a message that says it is a test into the outbox. Raises `CaseRefused` where nothing is sent."""
    require(actor, webhook.project, Capability.WEBHOOK_MANAGE)
    if not webhook.is_live:
        raise CaseRefused("disabled", "This webhook is disabled. Enable it first.")
    return delivery_write(webhook=webhook, case=None, event="test", body={"project": webhook.project_id})


def deliveries_enqueue() -> int:
    """A job for each message that has none yet; answers how many. Safe at once in several processes."""
    waiting = WebhookDelivery.objects.filter(state=WebhookDelivery.State.WAITING, job=None).order_by("created_at")
    count = 0
    for delivery in waiting.select_related("webhook__project")[:_BATCH]:
        job = job_enqueue(
            kind=JOB_KIND,
            params={"delivery": str(delivery.pk)},
            project=delivery.webhook.project,
            owner=None,
            idempotency_key=str(delivery.pk),
        )
        count += WebhookDelivery.objects.filter(pk=delivery.pk, job=None).update(job=job)
    return count


def delivery_send(*, delivery: WebhookDelivery) -> Attempt:
    """One attempt, and what became of it. At least once: a crash between the two sends again, with the same id."""
    webhook = delivery.webhook
    attempt = send_message(
        webhook.url,
        delivery.payload_json.encode(),
        secret=webhook_secret(webhook),
        delivery=str(delivery.pk),
        ports=settings.WEBHOOK_PORTS,
        private=settings.WEBHOOK_PRIVATE_ORIGINS,
    )
    noted: dict[str, Any] = {"status": attempt.status, "problem": attempt.problem, "milliseconds": attempt.milliseconds}
    with transaction.atomic():
        if attempt.arrived:
            noted |= {"state": WebhookDelivery.State.SENT, "finished_at": timezone.now()}
            Webhook.objects.filter(pk=webhook.pk).exclude(failures=0).update(failures=0)
        WebhookDelivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1, **noted)
    return attempt


@transaction.atomic
def delivery_give_up(*, delivery: WebhookDelivery) -> None:
    """No attempt arrived. After several such messages in a row the webhook is disabled, and administrators are told."""
    now = timezone.now()
    given_up = WebhookDelivery.objects.filter(pk=delivery.pk, state=WebhookDelivery.State.WAITING).update(
        state=WebhookDelivery.State.GIVEN_UP, finished_at=now
    )
    if not given_up:
        return
    webhook = Webhook.objects.select_for_update(no_key=True).select_related(None).get(pk=delivery.webhook_id)
    webhook.failures += 1
    if webhook.failures >= DISABLED_AFTER and webhook.disabled_at is None:
        webhook.disabled_at = now
        payload = {"failures": webhook.failures}
        record(action="webhook.disable", project=webhook.project, target=webhook, payload=payload)
        touch(cases_topic(webhook.project_id))
    webhook.save(update_fields=["failures", "disabled_at"])
