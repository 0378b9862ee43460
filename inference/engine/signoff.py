"""Check that a clinical lead signed off exactly these bytes.

The serving process runs this itself, on the envelope it finds in the ledger: it trusts the hub's public key and
nothing else, so a row written past the services does not get a model served.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inference.engine.errors import SignoffRefused
from pixelhub.signing import SignatureInvalid

if TYPE_CHECKING:
    from pixelhub.signing import PublicKey

FORMAT = "pixelhub.signoff/1"
SIGNER_ROLE = "clinical_lead"


def verify_signoff(envelope: object, bundle_sha256: str, public_key: PublicKey) -> dict[str, Any]:
    """Return the signed document when it allows serving `bundle_sha256`.

    Args:
        envelope: {"document": {...}, "signature": {...}} as stored with the deployment.
        bundle_sha256: digest of the bundle.json at hand, 64 hex digits.
        public_key: the hub's Ed25519 public key.

    Raises:
        SignoffRefused: naming what is wrong (envelope, signature, decision, role, signer, digest).
    """
    if not isinstance(envelope, dict) or not envelope:
        raise SignoffRefused("unsigned: there is no sign-off envelope")
    document, signature = envelope.get("document"), envelope.get("signature")
    if not isinstance(document, dict) or not isinstance(signature, dict):
        raise SignoffRefused("unsigned: the sign-off envelope has no document or no signature")
    try:
        public_key.verify(document, signature)
    except (SignatureInvalid, ValueError, TypeError, KeyError):
        raise SignoffRefused("signature: the sign-off document is not signed by this hub's key") from None
    _check_document(document, bundle_sha256)
    return document


def _check_document(document: dict[str, Any], bundle_sha256: str) -> None:
    if document.get("format") != FORMAT:
        raise SignoffRefused(f"format: the document is not {FORMAT}")
    if document.get("decision") != "approved":
        raise SignoffRefused("decision: the clinical lead did not approve this version")
    signer, trainer = _person(document, "signer"), _person(document, "trainer")
    if signer.get("role") != SIGNER_ROLE:
        raise SignoffRefused("role: the signer is not a clinical lead")
    if signer["id"] == trainer["id"]:
        raise SignoffRefused("signer: the person who trained the model may not sign it off")
    if document.get("bundle_sha256") != bundle_sha256:
        raise SignoffRefused("digest: the sign-off is for other bytes than this bundle")


def _person(document: dict[str, Any], key: str) -> dict[str, Any]:
    person = document.get(key)
    if not isinstance(person, dict) or person.get("id") in (None, ""):
        raise SignoffRefused(f"{key}: the document does not name the {key}")
    return {**person, "id": str(person["id"])}
