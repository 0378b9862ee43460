"""The daily digest: what it would say now, and whether one wants it."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from review import services
from review.digest import digest_of
from review.forms_programme import DigestForm
from review.models import DigestSubscription
from review.refusal import Refused
from review.views.person import signed_in


@require_GET
def digest(request: HttpRequest) -> HttpResponse:
    project, user = current_project(request), signed_in(request)
    require(user, project, Capability.BOARD_VIEW)
    return _page(request, project, user)


@require_POST
def digest_subscribe(request: HttpRequest) -> HttpResponse:
    project, user = current_project(request), signed_in(request)
    require(user, project, Capability.BOARD_VIEW)
    form = DigestForm(request.POST)
    if not form.is_valid():
        return _page(request, project, user, form, status=400)
    try:
        row = services.digest_subscribe(project=project, actor=user, now=timezone.now(), **form.cleaned_data)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"The digest comes to {row.email} each morning at {settings.DIGEST_HOUR}:00.")
    return redirect("review:digest")


@require_POST
def digest_unsubscribe(request: HttpRequest) -> HttpResponse:
    project = current_project(request)
    require(signed_in(request), project, Capability.BOARD_VIEW)
    services.digest_unsubscribe(project=project, actor=signed_in(request))
    messages.success(request, "You get no more digests.")
    return redirect("review:digest")


def _page(
    request: HttpRequest, project: Project, user: User, form: DigestForm | None = None, status: int = 200
) -> HttpResponse:
    wanted = DigestSubscription.objects.filter(project=project, person=user).first()
    initial = {"email": wanted.email if wanted else user.email, "zone": wanted.zone if wanted else settings.TIME_ZONE}
    context = {
        "project": project,
        "wanted": wanted,
        "digest": digest_of(project, user, now=timezone.now(), told=wanted),
        "form": form or DigestForm(initial=initial),
        "hour": settings.DIGEST_HOUR,
    }
    return render(request, "review/digest.html", context, status=status)
