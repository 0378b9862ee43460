"""The hub's Ed25519 key: the private half signs sign-offs here, the public half goes to serving processes."""

from __future__ import annotations

from django.conf import settings

from pixelhub.secretfile import write_once
from pixelhub.signing import PublicKey, SigningKey, load_or_create_key, public_key_from

__all__ = ["public_key", "signing_key"]


def signing_key() -> SigningKey:
    """The private key, made on first use; its public half is put beside it for the processes that only verify."""
    key = load_or_create_key(settings.SIGNING_KEY_FILE)
    if not settings.SIGNING_PUBLIC_KEY_FILE.exists():
        settings.SIGNING_PUBLIC_KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
        write_once(settings.SIGNING_PUBLIC_KEY_FILE, key.public.pem())
    return key


def public_key() -> PublicKey:
    """The key that signatures are checked against. Raises FileNotFoundError where nothing was ever signed."""
    return public_key_from(settings.SIGNING_PUBLIC_KEY_FILE)
