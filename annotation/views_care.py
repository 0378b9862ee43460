"""Pages about the people who read: “Care”, which nobody but oneself can open, and “Load” for those who lead."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from annotation import preferences, services
from annotation.models import Break
from annotation.preferences import BLURS
from annotation.selectors_care import exposure_by_day, exposure_by_week, opted_out, standing_of, week_start
from annotation.selectors_load import hard_weeks, may_see_load, opt_out_counts, team_load, unseen_hard, wishes
from annotation.selectors_policy import policy_of
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, SIX_TYPES
from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.http import HubRequest
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.ui import support


@never_cache
@require_GET
def care(request: HubRequest) -> HttpResponse:
    """One's own exposure, breaks, opt-outs and preferences."""
    project = _own_project(request)
    person, now = request.user, timezone.now()
    week = Break.objects.filter(annotator=person, project=project, started_at__gte=week_start(now))
    out = set(opted_out(person, project))
    context = {
        "standing": standing_of(person, project, now),
        "days": exposure_by_day(person, project, now),
        "weeks": exposure_by_week(person, project, now),
        "today": timezone.localdate(now),
        "breaks": list(week),
        "types": [{"code": code, "label": CRISIS_TYPE_LABELS[code], "out": code in out} for code in SIX_TYPES],
        "blurs": list(BLURS.items()),
        "blur": preferences.blur_of(request),
        "locales": support.support_locales(),
        "chosen_locale": request.COOKIES.get(support.COOKIE, ""),
        "client_uuid": uuid.uuid4(),
    }
    return render(request, "annotation/care.html", context)


@require_POST
def care_opt_out(request: HubRequest) -> HttpResponse:
    """Take no samples of a type for now, or take them again."""
    project = _own_project(request)
    crisis_type = request.POST.get("crisis_type", "")
    if crisis_type not in SIX_TYPES:
        raise BadRequest("Choose one of the six crisis types.")
    out = request.POST.get("out") == "yes"
    services.opt_out_set(project=project, annotator=request.user, crisis_type=crisis_type, out=out)
    name = CRISIS_TYPE_LABELS[crisis_type]
    messages.success(request, f"{name}: you will not be given these for now." if out else f"{name}: back in your work.")
    return redirect("annotation:care")


@require_POST
def care_preferences(request: HubRequest) -> HttpResponse:
    """Blur and whose support contacts come first; kept in this browser."""
    _own_project(request)
    blur, locale = request.POST.get("blur", ""), request.POST.get("locale", "")
    if blur not in BLURS or (locale and locale not in support.support_locales()):
        raise BadRequest("Choose one of the offered values.")
    messages.success(request, "Kept in this browser.")
    response = redirect("annotation:care")
    preferences.remember(response, preferences.BLUR, blur)
    preferences.remember(response, support.COOKIE, locale)
    return response


@require_POST
def care_hard(request: HubRequest) -> HttpResponse:
    """Ask for somebody to talk to."""
    project = _own_project(request)
    try:
        client_uuid = uuid.UUID(request.POST.get("client_uuid", ""))
    except ValueError as error:
        raise BadRequest("The form was incomplete; open the page again.") from error
    services.hard_moment_tell(project=project, annotator=request.user, client_uuid=client_uuid, wants_contact=True)
    messages.success(request, "Your leads know that you would like to talk. Until then, the contacts below are there.")
    return redirect("annotation:care")


@require_POST
def care_break(request: HubRequest) -> HttpResponse:
    """Take a break now."""
    rest = services.break_take(project=_own_project(request), annotator=request.user)
    ends = timezone.localtime(rest.until).strftime("%H:%M")
    messages.success(request, f"Enjoy your break, until {ends} or as long as you like.")
    return redirect("annotation:care")


@require_POST
def care_end(request: HubRequest) -> HttpResponse:
    """Enough for today: what is held goes back."""
    services.day_end(project=_own_project(request), annotator=request.user)
    messages.success(request, "That is enough for today. Thank you; what you held goes to others.")
    return redirect("home")


@never_cache
@require_GET
def load(request: HubRequest) -> HttpResponse:
    """The team's load this week, by name; no labels, no speed, no conversations."""
    project = _led_project(request)
    now = timezone.now()
    unseen = unseen_hard(project)
    context = {
        "people": team_load(project, now),
        "policy": policy_of(project),
        "weeks": hard_weeks(project, now),
        "wishes": wishes(project),
        "unseen": len(unseen),
        "upto": max(unseen, default=0),
        "opt_outs": opt_out_counts(project),
    }
    return render(request, "annotation/load.html", context)


@require_POST
def load_seen(request: HubRequest) -> HttpResponse:
    """A lead has seen the nameless hard moments, or takes on a wish for contact."""
    project = _led_project(request)
    upto, contact = _number(request, "upto"), _number(request, "contact")
    if upto is None and contact is None:
        raise BadRequest("Say what was seen.")
    seen = services.hard_moments_see(project=project, actor=request.user, upto=upto or 0, contact=contact)
    messages.success(request, "Marked as seen." if seen else "Somebody marked it before you.")
    return redirect("annotation:load")


def _number(request: HubRequest, name: str) -> int | None:
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None


def _own_project(request: HubRequest) -> Project:
    project = current_project(request)
    require(request.user, project, Capability.ANNOTATE)
    return project


def _led_project(request: HubRequest) -> Project:
    project = current_project(request)
    if not may_see_load(request.user, project):
        raise PermissionDenied("Your role does not see the team's load.")
    return project
