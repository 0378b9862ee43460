"""Permission checks that a view can't forget: everything is reached through one of these.

Non-members get 404 (they must not learn that a project exists), members without the capability get 403.
"""

from typing import Any, TypeVar

from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest

from pixelhub.accounts.models import Membership, Project, User
from pixelhub.accounts.roles import Capability, Role, capabilities_of, roles_with

SESSION_PROJECT = "project_id"

Row = TypeVar("Row", bound=Model)


def projects_of(user: User) -> QuerySet[Project]:
    """The projects in which this user has any role."""
    return Project.objects.filter(memberships__user_id=user.pk).distinct()


def capabilities(user: User, project: Project) -> frozenset[Capability]:
    """What this user may do in this project; nothing for a disabled user. One query per user, project and request."""
    if not user.is_authenticated or not user.is_active:
        return frozenset()
    cache: dict[int, frozenset[Capability]] = user.__dict__.setdefault("_capability_cache", {})
    if project.pk not in cache:
        roles = Membership.objects.filter(user_id=user.pk, project_id=project.pk).values_list("role", flat=True)
        cache[project.pk] = capabilities_of(list(roles))
    return cache[project.pk]


def can(user: User, project: Project, capability: Capability) -> bool:
    """Whether this user may do this here."""
    return capability in capabilities(user, project)


def require(user: User, project: Project, capability: Capability) -> None:
    """Raise Http404 for people outside the project, PermissionDenied for members who may not do this."""
    granted = capabilities(user, project)
    if not granted:
        raise Http404("No such project.")
    if capability not in granted:
        others = ", ".join(str(Role(role).label) for role in roles_with(capability))
        raise PermissionDenied(f"This is for: {others}. Your role in this project does not include it.")


def reached(user: User, rows: QuerySet[Row], pk: int, name: str, *capabilities: Capability) -> Row:
    """The row with this key, of a model with a `project`, for somebody with all of these capabilities there.

    Raises Http404 ("No such" and the name) where it is not there or of a project that the user is not in,
    PermissionDenied for members who lack one of the capabilities.
    """
    row: Any = rows.filter(project__in=projects_of(user), pk=pk).first()
    if row is None:
        raise Http404(f"No such {name}.")
    for capability in capabilities:
        require(user, row.project, capability)
    return row  # type: ignore[no-any-return]


def current_project(request: HttpRequest) -> Project:
    """The project chosen in the session, else the user's first. Raises Http404 where there is none."""
    project = project_chosen(request.user, request.session)  # type: ignore[arg-type]
    if project is None:
        raise Http404("You are not a member of any project yet.")
    return project


def project_chosen(user: User, session: SessionBase) -> Project | None:
    """The same where there is no request, as on a WebSocket; None for a user without any project."""
    allowed = projects_of(user)
    chosen = session.get(SESSION_PROJECT)
    project = allowed.filter(pk=chosen).first() if chosen else None
    return project or allowed.order_by("pk").first()
