"""Whether a version's sign-off still holds, and if not, why: signature, decision, bytes and evidence, checked anew."""

from __future__ import annotations

from inference.engine.errors import SignoffRefused
from inference.engine.signoff import verify_signoff
from pixelhub.keys import public_key
from review.evidence.digests import evidence_digest
from review.frozen import gather_evidence
from review.models import SignOff
from review.refusal import Refused
from training_app.models import ModelVersion

__all__ = ["holding_signoff"]


def holding_signoff(version: ModelVersion) -> SignOff:
    """The approval on which the version may go to production. Raises Refused naming what does not hold."""
    signoffs = list(SignOff.objects.filter(model_version=version).order_by("-created_at", "-pk"))
    if any(signoff.decision == SignOff.Decision.REJECTED for signoff in signoffs):
        raise Refused(f"Version {version.version} was rejected by a clinical lead.")
    if not signoffs:
        raise Refused(f"Version {version.version} has no sign-off by a clinical lead.")
    evidence = gather_evidence(version)
    signoff = signoffs[0]
    try:
        document = verify_signoff(signoff.envelope, version.bundle_sha256, public_key())
    except SignoffRefused as error:
        raise Refused(f"The sign-off of version {version.version} does not hold ({error}).") from None
    except FileNotFoundError:
        raise Refused("The hub has no public key to check sign-offs with.") from None
    if document["evidence_sha256"] != evidence_digest(evidence):
        raise Refused(f"The evidence changed after version {version.version} was signed; it needs a new review.")
    return signoff
