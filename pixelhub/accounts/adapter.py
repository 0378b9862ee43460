"""How people get an account: an administrator makes it. There is no open sign-up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Refuses self-registration; everything else is allauth's default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
