"""System checks of the scoring service."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.utils import timezone

from inference.engine.contacts import read_entries, stale_entries
from inference.selectors_contacts import entry_key, keys_found_right
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


@register("crisis", deploy=True)
def contacts_checked(**_kwargs: Any) -> list[CheckMessage]:
    """Numbers that nobody has checked for a year may be wrong when somebody needs them."""
    if settings.CRISIS_CONTACTS:
        return []
    entries = read_entries()
    today = timezone.localdate()
    right = keys_found_right(today)
    stale = [
        entry
        for entry in stale_entries(entries, today)
        if entry_key(entry["country"], entry["kind"], entry["name"], entry["contact"]) not in right
    ]
    if not stale:
        return []
    countries = ", ".join(sorted({entry["country"] or "international" for entry in stale}))
    return [
        Warning(
            f"{len(stale)} of {len(entries)} crisis contacts were not checked against their source within a year: "
            f"{countries}.",
            hint="Call or look up those of your countries and say so under Cases, Contacts, "
            "or set your own table (CRISIS_CONTACTS).",
            id="inference.W003",
        )
    ]
