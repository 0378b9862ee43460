"""Who speaks on a WebSocket, asked again with every act: a key may be revoked, a person disabled, while it is open."""

from __future__ import annotations

import time
from typing import Any, Protocol

from inference.serving.gate import spend
from inference.serving.http import Problem, Scope, header
from inference.serving.keys import Asker, Person
from inference.serving.service import ScoringService
from inference.serving.session_handlers import SCOPE
from pixelhub.accounts.access import can, project_chosen
from pixelhub.accounts.connections import may_stay_connected
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability

#: A person who is disabled, signed out or has lost the role is refused after at most this many seconds.
_PERSON_S = 5.0


class Admission(Protocol):
    """What a socket needs to know of its other end."""

    async def asker(self) -> Asker:
        """Who it is. Raises Problem 401 or 403 when they may not ask (any more)."""

    async def spend(self, cost: int, *, scored: int) -> None:
        """Take `cost` from what they may ask, of which `scored` is for turns to be judged. Raises Problem 429."""


class KeyAdmission:
    """A program with a key; the token is kept as long as the connection lives."""

    def __init__(self, service: ScoringService, token: str) -> None:
        self._service = service
        self._token = token

    async def asker(self) -> Asker:
        """The key's project."""
        caller = await self._service.keys.verify(self._token)
        if caller is None:
            raise Problem(401, "bad_key", "Send a valid API key: in the handshake, or as “key” of the first message.")
        if SCOPE not in caller.scopes:
            raise Problem(403, "bad_scope", f"This key does not have the scope “{SCOPE}”.")
        return caller

    async def spend(self, cost: int, *, scored: int) -> None:
        """From the key's limits, as over HTTP; counted as one request."""
        caller = await self._service.keys.verify(self._token)
        if caller is None:
            return
        try:
            await spend(self._service, caller, cost)
        except Problem as problem:
            self._service.usage.add(caller.key_id, problem.status)
            raise
        self._service.usage.add(caller.key_id, 200, scored)


class PersonAdmission:
    """Somebody signed in, in the project that they had chosen when the socket was opened."""

    def __init__(self, service: ScoringService, person: Person, session: Any) -> None:
        self._service = service
        self._person = person
        self._session = session
        self._good_until = 0.0

    async def asker(self) -> Asker:
        """The person, as long as they may see scores there."""
        if time.monotonic() >= self._good_until:
            if not await self._service.database.run(self._may):
                raise Problem(403, "not_allowed", "You are signed out, or may not do this here any more.")
            self._good_until = time.monotonic() + _PERSON_S
        return self._person

    async def spend(self, cost: int, *, scored: int) -> None:
        """People have no limit but their own typing."""

    def _may(self) -> bool:
        user = User.objects.filter(pk=self._person.user_id, is_active=True).first()
        project = Project.objects.filter(pk=self._person.project_id).first()
        if user is None or project is None or not may_stay_connected(user, self._session):
            return False
        return can(user, project, Capability.SCORE_VIEW)


def token_of(scope: Scope) -> str:
    """The key in a handshake's headers; "" without one. Never the address: addresses are logged."""
    scheme, _, credentials = header(scope, b"authorization").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else header(scope, b"x-api-key")


def person_of(user: Any, session: Any) -> Person | None:
    """Who a browser's cookies stand for; None for nobody, for whom no page would open, and where they may not see
    scores. Reads the database."""
    if user is None or not user.is_authenticated or not may_stay_connected(user, session):
        return None
    fresh = User.objects.get(pk=user.pk)
    project = project_chosen(fresh, session)
    if project is None or not can(fresh, project, Capability.SCORE_VIEW):
        return None
    return Person(fresh.pk, project.pk)
