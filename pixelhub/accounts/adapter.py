"""How people get an account: an administrator makes it. There is no open sign-up. And what they may undo themselves."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.db import transaction
from django.http import HttpRequest

from pixelhub.accounts.second_factor import duty_of
from pixelhub.audit.services import record


class ClosedSignupAdapter(DefaultAccountAdapter):
    """Refuses self-registration; everything else is allauth's default."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Whose role asks for a second factor can renew its recovery codes, but not take it away."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Your role asks for a second factor, so it can't be switched off. "
        "With a new phone, ask whoever runs this hub to reset it.",
    }

    def get_totp_issuer(self) -> str:
        return "Pixel Hub"

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        return authenticator.type != Authenticator.Type.TOTP or duty_of(authenticator.user) is None


class AuditedSessionsAdapter(DefaultUserSessionsAdapter):
    """Ending one's other sessions is an act like signing out."""

    def end_sessions(self, sessions: Any) -> None:
        ended = list(sessions)
        with transaction.atomic():
            super().end_sessions(ended)
            if ended:
                user = ended[0].user
                payload = {"reason": "own", "sessions": len(ended)}
                record(action="session.end_all", actor=user, target=user, payload=payload)
