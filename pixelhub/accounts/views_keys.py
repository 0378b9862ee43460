"""API keys: made, looked at, changed, rotated, revoked."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pixelhub.accounts.charts import usage_chart
from pixelhub.accounts.forms import SCOPE_LABELS, ApiKeyForm, KeyLimitsForm, KeyRotateForm
from pixelhub.accounts.keys import api_key_change, api_key_create, api_key_revoke, api_key_rotate
from pixelhub.accounts.models import ApiKey
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.usage import usage_by_day, usage_totals
from pixelhub.accounts.viewing import LARGEST_ID, actor_of, project_for, show_refusal


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """The project's keys; a new one is shown here, this once, because only its hash is kept."""
    project = project_for(request, Capability.APIKEY_MANAGE)
    token, status = "", 200
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _, token = api_key_create(
                    project=project, name=form.cleaned_data["name"], actor=actor_of(request), **form.chosen()
                )
            except ValidationError as error:
                show_refusal(form, error)
            else:
                form, status = ApiKeyForm(), 201
    keys = list(ApiKey.objects.filter(project=project).select_related("created_by"))
    asked = usage_totals([key.pk for key in keys])
    rows = [{"key": key, "usage": asked.get(key.pk)} for key in keys]
    context = {"project": project, "rows": rows, "form": form, "token": token}
    return render(request, "accounts/api_keys.html", context, status=status)


@never_cache
@require_safe
def api_key_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One key: what it asked, its limits, and its secret's age."""
    return _key_page(request, _key(request, pk))


@require_POST
def api_key_change_limits(request: HttpRequest, pk: int) -> HttpResponse:
    """Other scopes, limits or last day."""
    key = _key(request, pk)
    form = KeyLimitsForm(request.POST, prefix="limits")
    if form.is_valid():
        try:
            api_key_change(key=key, actor=actor_of(request), **form.chosen())
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"The limits of “{key.name}” were changed. They count within seconds.")
            return redirect("accounts:api_key_detail", pk=key.pk)
    return _key_page(request, key, limits=form, status=422)


@never_cache
@require_POST
def api_key_new_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown this once; the old one works on for the chosen time."""
    key = _key(request, pk)
    form = KeyRotateForm(request.POST, prefix="rotate")
    token = ""
    if form.is_valid():
        overlap = timedelta(hours=form.cleaned_data["overlap_hours"])
        try:
            key, token = api_key_rotate(key=key, overlap=overlap, actor=actor_of(request))
        except ValidationError as error:
            show_refusal(form, error)
    return _key_page(request, key, rotate=None if token else form, token=token, status=201 if token else 422)


@require_POST
def api_key_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a key."""
    key = _key(request, pk)
    api_key_revoke(key=key, actor=actor_of(request))
    messages.success(request, f"The key “{key.name}” no longer works.")
    return redirect("accounts:api_keys")


def _key(request: HttpRequest, pk: int) -> ApiKey:
    project = project_for(request, Capability.APIKEY_MANAGE)
    keys = ApiKey.objects.select_related("project", "created_by")
    return get_object_or_404(keys, pk=min(pk, LARGEST_ID), project=project)


def _key_page(
    request: HttpRequest,
    key: ApiKey,
    *,
    limits: KeyLimitsForm | None = None,
    rotate: KeyRotateForm | None = None,
    token: str = "",
    status: int = 200,
) -> HttpResponse:
    days = usage_by_day(key)
    expires_on = timezone.localtime(key.expires_at).date() if key.expires_at else None
    columns = ("scopes", "rate_per_minute", "quota_per_day", "quota_per_month")
    now = {column: getattr(key, column) for column in columns} | {"expires_on": expires_on}
    context = {
        "project": key.project,
        "key": key,
        "scopes": [SCOPE_LABELS.get(scope, scope) for scope in key.scopes],
        "days": list(reversed(days)),
        "chart": usage_chart(days),
        "totals": usage_totals([key.pk]).get(key.pk),
        "limits_form": limits or KeyLimitsForm(prefix="limits", initial=now),
        "rotate_form": rotate or KeyRotateForm(prefix="rotate"),
        "token": token,
    }
    return render(request, "accounts/api_key_detail.html", context, status=status)
