"""People, API keys, the current project and the theme."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pixelhub.accounts.access import SESSION_PROJECT, current_project, projects_of, require
from pixelhub.accounts.forms import ApiKeyForm, PersonForm, RoleGrantForm
from pixelhub.accounts.models import ApiKey, Membership, Project, User
from pixelhub.accounts.people import people_of, person_add, role_withdraw
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.services import api_key_create, api_key_revoke, membership_grant
from pixelhub.ui.theme import THEMES, remember_theme

_LARGEST_ID = 2**63 - 1


def _actor(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) and not user.is_authenticated:
        raise Http404
    return user  # type: ignore[return-value]


def _project_for(request: HttpRequest, capability: Capability) -> Project:
    project = current_project(request)
    require(_actor(request), project, capability)
    return project


def _people_page(
    request: HttpRequest, project: Project, *, grant: Form, person: Form, status: int = 200
) -> HttpResponse:
    context = {"project": project, "people": people_of(project), "grant_form": grant, "person_form": person}
    return render(request, "accounts/people.html", context, status=status)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody in the project with their roles."""
    project = _project_for(request, Capability.PEOPLE_MANAGE)
    return _people_page(request, project, grant=RoleGrantForm(prefix="grant"), person=PersonForm(prefix="person"))


@require_POST
def role_grant(request: HttpRequest) -> HttpResponse:
    """One more role for somebody with an account."""
    project = _project_for(request, Capability.PEOPLE_MANAGE)
    form = RoleGrantForm(request.POST, prefix="grant")
    if not form.is_valid() or form.user is None:
        return _people_page(request, project, grant=form, person=PersonForm(prefix="person"), status=422)
    membership = membership_grant(
        project=project, user=form.user, role=form.cleaned_data["role"], actor=_actor(request)
    )
    messages.success(request, f"{form.user} now has the role {membership.get_role_display()}.")
    return redirect("accounts:people")


@require_POST
def person_create(request: HttpRequest) -> HttpResponse:
    """A new account with a first role."""
    project = _project_for(request, Capability.PEOPLE_MANAGE)
    form = PersonForm(request.POST, prefix="person")
    if form.is_valid():
        try:
            user = person_add(project=project, actor=_actor(request), **form.cleaned_data)
        except ValidationError as error:
            _show(form, error)
        else:
            messages.success(request, f"{user} can sign in now.")
            return redirect("accounts:people")
    return _people_page(request, project, grant=RoleGrantForm(prefix="grant"), person=form, status=422)


@require_POST
def role_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a role away."""
    project = _project_for(request, Capability.PEOPLE_MANAGE)
    rows = Membership.objects.select_related("user", "project")
    membership = get_object_or_404(rows, pk=min(pk, _LARGEST_ID), project=project)
    role, user = membership.get_role_display(), membership.user
    try:
        role_withdraw(membership=membership, actor=_actor(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{user} no longer has the role {role}.")
    return redirect("home" if user == request.user else "accounts:people")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """The project's keys; a new one is shown here, this once, because only its hash is kept."""
    project = _project_for(request, Capability.APIKEY_MANAGE)
    token, status = "", 200
    form = ApiKeyForm(request.POST or None)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _, token = api_key_create(
                    project=project,
                    name=form.cleaned_data["name"],
                    scopes=form.cleaned_data["scopes"],
                    rate_per_minute=form.cleaned_data["rate_per_minute"],
                    expires_at=form.expires_at,
                    actor=_actor(request),
                )
            except ValidationError as error:
                _show(form, error)
            else:
                form, status = ApiKeyForm(), 201
    keys = ApiKey.objects.filter(project=project).select_related("created_by")
    context = {"project": project, "keys": keys, "form": form, "token": token}
    return render(request, "accounts/api_keys.html", context, status=status)


@require_POST
def api_key_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a key."""
    project = _project_for(request, Capability.APIKEY_MANAGE)
    key = get_object_or_404(ApiKey.objects.select_related("project"), pk=min(pk, _LARGEST_ID), project=project)
    api_key_revoke(key=key, actor=_actor(request))
    messages.success(request, f"The key “{key.name}” no longer works.")
    return redirect("accounts:api_keys")


@require_POST
def project_switch(request: HttpRequest) -> HttpResponse:
    """Work in another project of one's own from now on."""
    chosen = request.POST.get("project", "")
    if not chosen.isdecimal() or len(chosen) > 18:
        raise BadRequest("Choose a project.")
    project = get_object_or_404(projects_of(_actor(request)), pk=int(chosen))
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


def _show(form: Form, error: ValidationError) -> None:
    """Put a service's refusal beside the fields that it names."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
