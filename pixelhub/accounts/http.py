"""A request of somebody who is signed in: what LoginRequiredMiddleware lets through to a view."""

from django.http import HttpRequest

from pixelhub.accounts.models import User


class HubRequest(HttpRequest):
    """For type checkers: behind the sign-in, `user` is one of ours."""

    user: User
