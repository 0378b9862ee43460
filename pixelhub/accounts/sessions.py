"""How long a sign-in lasts, and ending it: by its own limits, by its owner, or because a role was taken away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from pixelhub.accounts.models import User
from pixelhub.audit.services import record

__all__ = ["LIVE_HEADER", "SessionLimitsMiddleware", "session_begin", "session_limit", "sessions_end"]

#: Sent by pages that fetch something again by themselves (static/live/live.js): that is nobody at the keyboard.
LIVE_HEADER = "X-Pixelhub-Live"
_BEGUN, _SEEN = "begun_at", "seen_at"
_PASSIVE = frozenset({"/live/revisions/"})
_PASSIVE_ENDINGS = ("/heartbeat/", "/beat/")


def session_begin(session: SessionBase) -> None:
    """Note when somebody signed in."""
    session[_BEGUN] = session[_SEEN] = int(time.time())


def session_limit(session: SessionBase) -> str:
    """Which limit this session is past: "absolute", "idle", or "" for none (one from before the limits has none)."""
    begun, seen, now = session.get(_BEGUN), session.get(_SEEN), int(time.time())
    if not isinstance(begun, int) or not isinstance(seen, int):
        return ""
    if now - begun >= settings.SESSION_COOKIE_AGE:
        return "absolute"
    return "idle" if now - seen >= settings.SESSION_IDLE_MINUTES * 60 else ""


@transaction.atomic
def sessions_end(*, user: User, actor: User | None, reason: str) -> int:
    """Sign this person out everywhere; what their sessions' next requests find is the sign-in page. Says how many."""
    found = list(UserSession.objects.filter(user_id=user.pk))
    for session in found:
        session.end()
    if found:
        record(action="session.end_all", actor=actor, target=user, payload={"reason": reason, "sessions": len(found)})
    return len(found)


class SessionLimitsMiddleware:
    """Ends a session SESSION_HOURS after the sign-in, whatever happens in it, and after SESSION_IDLE_MINUTES without
    anybody: what a page fetches by itself (heartbeats, live updates) keeps nobody signed in.

    The last sign of life is written once in a twelfth of the idle time, so that not every request writes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._hold(request)
        return self.get_response(request)

    def _hold(self, request: HttpRequest) -> None:
        session, now = request.session, int(time.time())
        if not isinstance(session.get(_BEGUN), int) or not isinstance(session.get(_SEEN), int):
            # Signed in before this hub kept limits: they count from now.
            session_begin(session)
        elif limit := session_limit(session):
            _expire(request, limit)
        elif now - session[_SEEN] >= settings.SESSION_IDLE_MINUTES * 60 / 12 and not _is_passive(request):
            session[_SEEN] = now


def _expire(request: HttpRequest, limit: str) -> None:
    user: Any = request.user
    with transaction.atomic():
        record(action="session.expire", actor=user, payload={"limit": limit})
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        request.session.flush()
    request.user = AnonymousUser()


def _is_passive(request: HttpRequest) -> bool:
    path = request.path
    return LIVE_HEADER in request.headers or path in _PASSIVE or path.endswith(_PASSIVE_ENDINGS)
