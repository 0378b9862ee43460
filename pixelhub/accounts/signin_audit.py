"""Sign-ins, sign-outs and failed attempts as audit events (the only signals in use: Django offers no other seam)."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from pixelhub.accounts.models import User
from pixelhub.audit.services import record


@receiver(user_logged_in)
def record_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    with transaction.atomic():
        record(action="session.sign_in", actor=user)


@receiver(user_logged_out)
def record_sign_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        with transaction.atomic():
            record(action="session.sign_out", actor=user)


@receiver(user_login_failed)
def record_failed_sign_in(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    # Only a known user is named: what was typed into the field of an unknown one may be a password.
    name = str(credentials.get("username") or "").replace("\x00", "")[:150]
    known = User.objects.filter(username=name).first()
    with transaction.atomic():
        record(action="session.sign_in_failed", target=known)


@receiver(user_locked_out)
def record_lock_out(sender: Any, username: str | None = None, **kwargs: Any) -> None:
    known = User.objects.filter(username=username or "").first()
    with transaction.atomic():
        record(action="session.locked_out", target=known)
