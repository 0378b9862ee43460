"""The page of a project's webhook: its address, its secret (once), what was sent."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from inference import services
from inference.models import Webhook, WebhookDelivery
from inference.refusals import CaseRefused
from inference.services.webhooks import webhook_secret
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability


def _project(request: HubRequest) -> Project:
    project = current_project(request)
    require(request.user, project, Capability.WEBHOOK_MANAGE)
    return project


def _current(project: Project) -> Webhook | None:
    return Webhook.objects.filter(project=project, removed_at=None).select_related("created_by", "project").first()


@never_cache
@require_http_methods(["GET", "POST"])
def webhook(request: HubRequest) -> HttpResponse:
    """Where alarms are sent, and the last messages; POST sets another address and shows its secret once."""
    project = _project(request)
    context: dict[str, object] = {"project": project}
    status = 200
    if request.method == "POST":
        url = request.POST.get("url", "")
        try:
            context["secret"] = webhook_secret(services.webhook_set(project=project, actor=request.user, url=url))
        except CaseRefused as refused:
            context |= {"refused": str(refused), "typed": url}
            status = 400
    return render(request, "inference/webhook.html", context | _shown(project), status=status)


def _shown(project: Project) -> dict[str, object]:
    deliveries = WebhookDelivery.objects.filter(webhook__project=project).select_related("webhook")
    return {"webhook": _current(project), "deliveries": list(deliveries[:50])}


def _act(request: HubRequest, act: Callable[[Webhook], object], said: str) -> HttpResponse:
    project = _project(request)
    current = _current(project)
    if current is None:
        if not Webhook.objects.filter(project=project).exists():
            messages.info(request, "There is no webhook yet.")
            return redirect("inference:webhook")
        raise Http404("No such webhook.")
    try:
        act(current)
        messages.success(request, said)
    except CaseRefused as refused:
        messages.warning(request, str(refused))
    return redirect("inference:webhook")


@never_cache
@require_POST
def webhook_rotate(request: HubRequest) -> HttpResponse:
    """A new secret, shown once."""
    project = _project(request)
    current = _current(project)
    if current is None:
        messages.info(request, "There is no webhook yet.")
        return redirect("inference:webhook")
    secret = webhook_secret(services.webhook_rotate(webhook=current, actor=request.user))
    return render(request, "inference/webhook.html", {"project": project, "secret": secret} | _shown(project))


@require_POST
def webhook_enable(request: HubRequest) -> HttpResponse:
    """Send again."""
    said = "Enabled: the next alarm is sent."
    return _act(request, lambda one: services.webhook_enable(webhook=one, actor=request.user), said)


@require_POST
def webhook_remove(request: HubRequest) -> HttpResponse:
    """Send nothing more."""
    said = "Removed: nothing is sent any more."
    return _act(request, lambda one: services.webhook_remove(webhook=one, actor=request.user), said)


@require_POST
def webhook_test(request: HubRequest) -> HttpResponse:
    """Send a message that says it is a test."""
    said = "A test message is on its way; it appears in the list below."
    return _act(request, lambda one: services.webhook_test(webhook=one, actor=request.user), said)
