"""Why a second factor is asked for, by when, and how far somebody is with it."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from pixelhub.accounts.second_factor import duty_of, has_second_factor
from pixelhub.accounts.viewing import actor_of


@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """One's own second factor; open to everybody who is signed in, also to those who can open nothing else yet."""
    user = actor_of(request)
    codes = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    context = {
        "duty": duty_of(user),
        "is_set_up": has_second_factor(user),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
    }
    return render(request, "accounts/second_factor.html", context)
