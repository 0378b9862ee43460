"""Connections that outlive a request (WebSockets): whether whoever opened one may keep it, asked afresh."""

from __future__ import annotations

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.utils.crypto import constant_time_compare

from pixelhub.accounts.models import User
from pixelhub.accounts.second_factor import standing_of
from pixelhub.accounts.sessions import session_limit

__all__ = ["may_stay_connected"]


def may_stay_connected(user: User | AnonymousUser | None, session: SessionBase | None) -> bool:
    """Whether this person's account is active and their session would still open a page.

    That is: it was not ended meanwhile, nor by a new password, is past none of its limits, and lacks no second factor.
    The session is read again: what the connection came with is what it held then.
    """
    if user is None or user.pk is None or session is None or not session.session_key:
        return False
    fresh = User.objects.filter(pk=user.pk, is_active=True).first()
    # `__class__`, not type(): channels hands over a lazy wrapper.
    stored = session.__class__(session.session_key)
    if fresh is None or stored.get(SESSION_KEY) != str(fresh.pk):
        return False
    if not constant_time_compare(stored.get(HASH_SESSION_KEY, ""), fresh.get_session_auth_hash()):
        return False
    return not session_limit(stored) and not standing_of(stored, fresh).lacks
