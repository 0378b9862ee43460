"""What the account pages share: who acts, where, and how a refusal is shown."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest

from pixelhub.accounts.access import current_project, require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability

LARGEST_ID = 2**63 - 1


def actor_of(request: HttpRequest) -> User:
    """The signed-in person. Raises Http404 for nobody."""
    user = request.user
    if not isinstance(user, User) and not user.is_authenticated:
        raise Http404
    return user  # type: ignore[return-value]


def project_for(request: HttpRequest, capability: Capability) -> Project:
    """The current project, where this person may do this. Raises Http404, PermissionDenied."""
    project = current_project(request)
    require(actor_of(request), project, capability)
    return project


def show_refusal(form: Form, error: ValidationError) -> None:
    """Put a service's refusal beside the fields that it names."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
