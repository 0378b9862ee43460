"""Who asks. LoginRequiredMiddleware lets nobody else through to these views."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from pixelhub.accounts.models import User


def signed_in(request: HttpRequest) -> User:
    """The signed-in person."""
    return cast(User, request.user)
