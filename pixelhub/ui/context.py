"""The ``hub`` variable of every template. Everything in it is looked up when a template asks, and once."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import Http404, HttpRequest

from pixelhub.accounts.access import capabilities, current_project, projects_of
from pixelhub.accounts.demo import demo_logins
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability, Role
from pixelhub.accounts.selectors import roles_in
from pixelhub.requestids import request_id
from pixelhub.ui.navigation import Section, address, sections_for
from pixelhub.ui.support import Support, support_for
from pixelhub.ui.theme import theme_of

PRODUCT = "Pixel Hub"


class Allowed:
    """``{% if hub.can.ROUND_MANAGE %}``: capabilities by the name of the enum member."""

    def __init__(self, granted: frozenset[Capability]) -> None:
        self._granted = granted

    def __getitem__(self, name: str) -> bool:
        return Capability[name] in self._granted


class Hub:
    """What the frame around a page needs to know about the person and the project."""

    product = PRODUCT

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def request_id(self) -> str:
        """The name of this request, to be found again in the log."""
        return request_id()

    @cached_property
    def signed_in(self) -> bool:
        user = getattr(self._request, "user", None)
        return bool(user and user.is_authenticated)

    @cached_property
    def theme(self) -> str:
        return theme_of(self._request)

    @cached_property
    def project(self) -> Project | None:
        if not self.signed_in:
            return None
        try:
            return current_project(self._request)
        except Http404:
            return None

    @cached_property
    def projects(self) -> list[Project]:
        return list(projects_of(self._request.user)) if self.signed_in else []  # type: ignore[arg-type]

    @cached_property
    def granted(self) -> frozenset[Capability]:
        if self.project is None:
            return frozenset()
        return capabilities(self._request.user, self.project)  # type: ignore[arg-type]

    @cached_property
    def roles(self) -> list[str]:
        """The person's roles in this project, in words."""
        if self.project is None:
            return []
        held = roles_in(self._request.user, self.project)  # type: ignore[arg-type]
        return [str(Role(role).label) for role in held]

    @cached_property
    def can(self) -> Allowed:
        return Allowed(self.granted)

    @cached_property
    def sections(self) -> list[Section]:
        return sections_for(self.granted, self._request.path) if self.project else []

    @cached_property
    def home_url(self) -> str:
        return address("home") or "/"

    @cached_property
    def active_jobs(self) -> int:
        """How many jobs of this project wait or run."""
        if self.project is None:
            return 0
        job = apps.get_model("jobs", "Job")
        return int(job.objects.filter(project=self.project, state__in=("queued", "running")).count())

    @cached_property
    def jobs_url(self) -> str | None:
        return address("jobs:list") if Capability.JOBS_VIEW in self.granted else None

    @cached_property
    def demo_logins(self) -> list[Any]:
        """One sign-in per role, on a demo hub and for a browser on the same machine only."""
        return list(demo_logins(self._request))

    @cached_property
    def second_factor_due(self) -> datetime | None:
        """By when this person has to set up a second factor; noted by SecondFactorMiddleware."""
        return getattr(self._request, "second_factor_due", None)

    @cached_property
    def asks_for_second_factor(self) -> bool:
        """Whether any role of this hub needs one; a demo's do not."""
        return bool(settings.MFA_REQUIRED_ROLES)

    @cached_property
    def support(self) -> Support:
        """Whom to call, the reader's own place first."""
        return support_for(self._request)


def hub(request: HttpRequest) -> dict[str, Any]:
    """Context processor."""
    return {"hub": Hub(request)}
