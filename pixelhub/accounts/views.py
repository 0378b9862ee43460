"""People, the current project and the theme."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from pixelhub.accounts.access import SESSION_PROJECT, projects_of
from pixelhub.accounts.forms import PersonForm, RoleGrantForm
from pixelhub.accounts.models import Membership, Project
from pixelhub.accounts.people import people_of, person_add, role_withdraw
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.services import membership_grant
from pixelhub.accounts.viewing import LARGEST_ID, actor_of, project_for, show_refusal
from pixelhub.ui.theme import THEMES, remember_theme


def _people_page(
    request: HttpRequest, project: Project, *, grant: Form, person: Form, status: int = 200
) -> HttpResponse:
    context = {"project": project, "people": people_of(project), "grant_form": grant, "person_form": person}
    return render(request, "accounts/people.html", context, status=status)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in the project with their roles."""
    project = project_for(request, Capability.PEOPLE_MANAGE)
    return _people_page(request, project, grant=RoleGrantForm(prefix="grant"), person=PersonForm(prefix="person"))


@require_POST
def role_grant(request: HttpRequest) -> HttpResponse:
    """One more role for somebody with an account."""
    project = project_for(request, Capability.PEOPLE_MANAGE)
    form = RoleGrantForm(request.POST, prefix="grant")
    if not form.is_valid() or form.user is None:
        return _people_page(request, project, grant=form, person=PersonForm(prefix="person"), status=422)
    membership = membership_grant(
        project=project, user=form.user, role=form.cleaned_data["role"], actor=actor_of(request)
    )
    messages.success(request, f"{form.user} now has the role {membership.get_role_display()}.")
    return redirect("accounts:people")


@require_POST
def person_create(request: HttpRequest) -> HttpResponse:
    """A new account with a first role."""
    project = project_for(request, Capability.PEOPLE_MANAGE)
    form = PersonForm(request.POST, prefix="person")
    if form.is_valid():
        try:
            user = person_add(project=project, actor=actor_of(request), **form.cleaned_data)
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, f"{user} can sign in now.")
            return redirect("accounts:people")
    return _people_page(request, project, grant=RoleGrantForm(prefix="grant"), person=form, status=422)


@require_POST
def role_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a role away."""
    project = project_for(request, Capability.PEOPLE_MANAGE)
    rows = Membership.objects.select_related("user", "project")
    membership = get_object_or_404(rows, pk=min(pk, LARGEST_ID), project=project)
    role, user = membership.get_role_display(), membership.user
    try:
        role_withdraw(membership=membership, actor=actor_of(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{user} no longer has the role {role}.")
    return redirect("home" if user == request.user else "accounts:people")


@require_POST
def project_switch(request: HttpRequest) -> HttpResponse:
    """Work in another project of one's own from now on."""
    chosen = request.POST.get("project", "")
    if not chosen.isdecimal() or len(chosen) > 18:
        raise BadRequest("Choose a project.")
    project = get_object_or_404(projects_of(actor_of(request)), pk=int(chosen))
    request.session[SESSION_PROJECT] = project.pk
    return redirect("home")


@login_not_required
@require_POST
def theme_set(request: HttpRequest) -> HttpResponse:
    """Remember the theme; the same without JavaScript."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise BadRequest("Choose one of: " + ", ".join(THEMES))
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "home"
    response = redirect(target)
    remember_theme(response, theme)
    return response
