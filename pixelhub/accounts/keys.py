"""Every write to API keys, each with its audit event: made, changed, rotated, revoked. Secrets are shown once."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from pixelhub.accounts.models import ApiKey, Project, User
from pixelhub.audit.services import record

__all__ = [
    "API_SCOPES",
    "TOKEN_PREFIX",
    "api_key_change",
    "api_key_create",
    "api_key_revoke",
    "api_key_rotate",
    "secret_hash",
]

#: What a key may do, by name: one conversation, many at once, turn by turn, the model in production, the key's own
#: figures, bringing conversations in.
API_SCOPES: Final = ("score", "batch", "conversations", "model", "read", "import")
TOKEN_PREFIX: Final = "phk"  # noqa: S105  (the visible start of every token)
#: The longest time that an old secret may live beside its successor.
MAX_OVERLAP: Final = timedelta(days=30)


def secret_hash(secret: str) -> str:
    """SHA-256 of an API secret: it is 256 random bits, so a slow password hash would add nothing."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


@transaction.atomic
def api_key_create(
    *,
    project: Project,
    name: str,
    scopes: Iterable[str],
    actor: User,
    expires_at: datetime | None = None,
    rate_per_minute: int = 600,
    quota_per_day: int | None = None,
    quota_per_month: int | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its token, which is shown once and never stored. Raises ValidationError for bad input."""
    secret = secrets.token_urlsafe(32)
    key = ApiKey(
        project=project,
        name=name,
        prefix=secrets.token_hex(4),
        secret_hash=secret_hash(secret),
        scopes=_known(scopes),
        created_by=actor,
        expires_at=expires_at,
        rate_per_minute=rate_per_minute,
        quota_per_day=quota_per_day,
        quota_per_month=quota_per_month,
    )
    key.full_clean()
    key.save()
    payload = {"prefix": key.prefix, "scopes": key.scopes, **_limits(key)}
    record(action="api_key.create", actor=actor, project=project, target=key, payload=payload)
    return key, _token(key, secret)


@transaction.atomic
def api_key_change(
    *,
    key: ApiKey,
    scopes: Iterable[str],
    rate_per_minute: int,
    quota_per_day: int | None,
    quota_per_month: int | None,
    expires_at: datetime | None,
    actor: User,
) -> ApiKey:
    """Other scopes, limits or another last moment, from the key's next look-up on.

    Raises ValidationError for bad input, and for a revoked key: what was ended stays ended.
    """
    changed = _live(key)
    changed.scopes, changed.rate_per_minute = _known(scopes), rate_per_minute
    changed.quota_per_day, changed.quota_per_month, changed.expires_at = quota_per_day, quota_per_month, expires_at
    changed.full_clean()
    changed.save(update_fields=["scopes", "rate_per_minute", "quota_per_day", "quota_per_month", "expires_at"])
    payload = {"prefix": changed.prefix, "scopes": changed.scopes, **_limits(changed)}
    record(action="api_key.change", actor=actor, project=changed.project, target=changed, payload=payload)
    return changed


@transaction.atomic
def api_key_rotate(*, key: ApiKey, overlap: timedelta, actor: User) -> tuple[ApiKey, str]:
    """A new secret under the same key, with its token; the one before works for `overlap` more and then no longer.

    A secret from before an earlier rotation ends at once. Raises ValidationError for a key that does not live or an
    overlap outside of 0 to 30 days.
    """
    if not timedelta(0) <= overlap <= MAX_OVERLAP:
        raise ValidationError(f"An overlap is at most {MAX_OVERLAP.days} days.")
    rotated = _live(key)
    if not rotated.is_live:
        raise ValidationError("This key has expired: give it a later last day first.")
    secret, now = secrets.token_urlsafe(32), timezone.now()
    rotated.previous_hash = rotated.secret_hash if overlap else ""
    rotated.previous_until = now + overlap if overlap else None
    rotated.secret_hash, rotated.rotated_at = secret_hash(secret), now
    rotated.save(update_fields=["secret_hash", "previous_hash", "previous_until", "rotated_at"])
    payload = {"prefix": rotated.prefix, "overlap_seconds": int(overlap.total_seconds())}
    record(action="api_key.rotate", actor=actor, project=rotated.project, target=rotated, payload=payload)
    return rotated, _token(rotated, secret)


@transaction.atomic
def api_key_revoke(*, key: ApiKey, actor: User) -> None:
    """End a key now, with every secret of it; revoking it twice changes nothing."""
    changed = ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        record(
            action="api_key.revoke",
            actor=actor,
            project=key.project,
            target=key,
            payload={"prefix": key.prefix},
        )


def _live(key: ApiKey) -> ApiKey:
    """The key's row, locked: two at once follow one another."""
    locked = ApiKey.objects.select_for_update(no_key=True, of=("self",)).select_related("project").get(pk=key.pk)
    if locked.revoked_at is not None:
        raise ValidationError("This key was revoked. Make a new one.")
    return locked


def _known(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    if not wanted or any(scope not in API_SCOPES for scope in wanted):
        raise ValidationError(f"Choose at least one scope of: {', '.join(API_SCOPES)}.")
    return wanted


def _limits(key: ApiKey) -> dict[str, object]:
    return {
        "per_minute": key.rate_per_minute,
        "per_day": key.quota_per_day,
        "per_month": key.quota_per_month,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }


def _token(key: ApiKey, secret: str) -> str:
    return f"{TOKEN_PREFIX}_{key.prefix}_{secret}"
