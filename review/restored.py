"""What a restored hub is asked about its sign-offs (BACKUP_CHECKS)."""

from __future__ import annotations

from pixelhub.keys import public_key
from pixelhub.signing import SignatureInvalid
from review.models import SignOff


def signoffs() -> tuple[str, int, list[str]]:
    """Every signature over its document, by the hub's public key."""
    rows = SignOff.objects.order_by("pk").only("document", "signature", "model_version_id")
    problems, checked = [], 0
    for signoff in rows.iterator():
        checked += 1
        try:
            public_key().verify(signoff.document, signoff.signature)
        except (SignatureInvalid, FileNotFoundError) as error:
            problems.append(f"sign-off {signoff.pk} of version {signoff.model_version_id}: {error}")
    return "signatures of sign-offs", checked, problems
