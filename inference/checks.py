"""System checks of the scoring service."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

from pixelhub.signing import SignatureInvalid, public_key_from


@register(Tags.security)
def signing_public_key(**_kwargs: Any) -> list[CheckMessage]:
    """Without the public key no model is served: say so at start rather than in the first degraded answer."""
    path = settings.SIGNING_PUBLIC_KEY_FILE
    if not path.exists():
        return [
            Warning(
                "The scoring service has no public key, so it answers by rules only.",
                hint=f"Run the hub's set-up once, or copy its public key to {path.name} (SIGNING_PUBLIC_KEY_FILE).",
                id="inference.W001",
            )
        ]
    try:
        public_key_from(path)
    except (SignatureInvalid, ValueError, OSError):
        return [
            Warning(
                "SIGNING_PUBLIC_KEY_FILE is not an Ed25519 public key.",
                hint="Copy the hub's public key (PEM) there.",
                id="inference.W002",
            )
        ]
    return []
