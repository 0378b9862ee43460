"""Check that clinical leads signed off exactly these bytes, as the project's policy asked of them.

The serving process runs this itself, on the envelope it finds in the ledger: it trusts the hub's public key and
nothing else, so a row written past the services does not get a model served. Both formats of the document are read
(docs/signoff.md); what format 2 says more is checked where it is said.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from inference.engine.errors import SignoffRefused
from pixelhub.canonical import sha256_json
from pixelhub.signing import SignatureInvalid

if TYPE_CHECKING:
    from pixelhub.signing import PublicKey

FIRST_FORMAT: Final = "pixelhub.signoff/1"
FORMAT: Final = "pixelhub.signoff/2"
SIGNER_ROLE: Final = "clinical_lead"
MAKERS: Final = {
    "trainer": "trained the model",
    "starter": "started its run",
    "registrar": "registered it",
}
_SAME_IN_ALL: Final = ("project", "model_version", "bundle_sha256", "evidence_sha256")
_BESIDE_THE_EVIDENCE: Final = (
    "bundle_sha256",
    "evaluation_sha256",
    "test_set_sha256",
    "campaign_sha256",
    "card_sha256",
)


def verify_signoff(envelope: object, bundle_sha256: str, public_key: PublicKey) -> dict[str, Any]:
    """Return the first signed document when the envelope allows serving `bundle_sha256`.

    Args:
        envelope: {"document": {...}, "signature": {...}} as stored with the deployment; "others" lists further such
            pairs where the policy asked for a second person.
        bundle_sha256: digest of the bundle.json at hand, 64 hex digits.
        public_key: the hub's Ed25519 public key.

    Raises:
        SignoffRefused: naming what is wrong (envelope, signature, decision, role, signer, digest, policy ...).
    """
    if not isinstance(envelope, dict) or not envelope:
        raise SignoffRefused("unsigned: there is no sign-off envelope")
    others = envelope.get("others", [])
    if not isinstance(others, list):
        raise SignoffRefused("unsigned: the envelope's further sign-offs are not a list")
    documents = [_signed_document(pair, bundle_sha256, public_key) for pair in (envelope, *others)]
    _check_together(documents)
    return documents[0]


def _signed_document(pair: object, bundle_sha256: str, public_key: PublicKey) -> dict[str, Any]:
    document = pair.get("document") if isinstance(pair, dict) else None
    signature = pair.get("signature") if isinstance(pair, dict) else None
    if not isinstance(document, dict) or not isinstance(signature, dict):
        raise SignoffRefused("unsigned: the sign-off envelope has no document or no signature")
    try:
        public_key.verify(document, signature)
    except (SignatureInvalid, ValueError, TypeError, KeyError):
        raise SignoffRefused("signature: the sign-off document is not signed by this hub's key") from None
    _check_document(document, bundle_sha256)
    return document


def _check_document(document: dict[str, Any], bundle_sha256: str) -> None:
    form = document.get("format")
    if form not in (FORMAT, FIRST_FORMAT):
        raise SignoffRefused(f"format: the document is neither {FORMAT} nor {FIRST_FORMAT}")
    if document.get("decision") != "approved":
        raise SignoffRefused("decision: the clinical lead did not approve this version")
    signer, trainer = _person(document, "signer"), _person(document, "trainer")
    if signer.get("role") not in _roles(document):
        raise SignoffRefused("role: the signer is not a clinical lead")
    if signer["id"] == trainer["id"]:
        raise SignoffRefused("signer: the person who trained the model may not sign it off")
    if form == FORMAT:
        _check_makers(document, signer["id"])
        _check_sign_in(document)
        _check_evidence(document)
    if document.get("bundle_sha256") != bundle_sha256:
        raise SignoffRefused("digest: the sign-off is for other bytes than this bundle")


def _roles(document: dict[str, Any]) -> set[str]:
    policy = document.get("policy")
    second = policy.get("second_role") if isinstance(policy, dict) and policy.get("approvals") == 2 else None
    return {SIGNER_ROLE, str(second or SIGNER_ROLE)}


def _check_makers(document: dict[str, Any], signer: str) -> None:
    _person(document, "starter")
    for key, what in MAKERS.items():
        if document.get(key) is not None and _person(document, key)["id"] == signer:
            raise SignoffRefused(f"signer: the person who {what} may not sign it off")
    ancestors = document.get("ancestors")
    if not isinstance(ancestors, list):
        raise SignoffRefused("ancestors: the document does not say what the model was made from")
    if signer in {str(person.get("id")) for person in ancestors if isinstance(person, dict)}:
        raise SignoffRefused("signer: the person who made what the model was made from may not sign it off")


def _check_sign_in(document: dict[str, Any]) -> None:
    policy, signed_in = document.get("policy"), document.get("signed_in")
    if not isinstance(policy, dict) or not isinstance(signed_in, dict):
        raise SignoffRefused("sign-in: the document does not say how its signer signed in")
    try:
        waited = datetime.fromisoformat(document["decided_at"]) - datetime.fromisoformat(signed_in["at"])
        in_time = 0 <= waited.total_seconds() <= policy["fresh_s"]
        methods = set(signed_in["methods"])
    except (KeyError, TypeError, ValueError):
        raise SignoffRefused("sign-in: the document does not say how its signer signed in") from None
    if not in_time:
        raise SignoffRefused("sign-in: it had expired when the document was signed")
    if "password" not in methods or (policy.get("requires_mfa") and "mfa" not in methods):
        raise SignoffRefused("sign-in: the signer did not prove who they are as the policy asks")


def _check_evidence(document: dict[str, Any]) -> None:
    evidence = document.get("evidence")
    if not isinstance(evidence, dict) or sha256_json(evidence) != document.get("evidence_sha256"):
        raise SignoffRefused("evidence: its digest is not the one that was signed")
    if any(document.get(name) != evidence.get(name) for name in _BESIDE_THE_EVIDENCE):
        raise SignoffRefused("evidence: the document contradicts itself")


def _check_together(documents: list[dict[str, Any]]) -> None:
    """Every approval the policies ask for: different people, one of them a clinical lead, on the same evidence."""
    first = documents[0]
    if any(document.get(name) != first.get(name) for document in documents for name in _SAME_IN_ALL):
        raise SignoffRefused("policy: the sign-offs are not over the same evidence")
    signers = {str(document["signer"]["id"]) for document in documents}
    needed = max(_approvals(document) for document in documents)
    if len(signers) < len(documents):
        raise SignoffRefused("policy: one person signed more than once")
    if len(signers) < needed:
        raise SignoffRefused(f"policy: it asks for {needed} people, {len(signers)} signed")
    if all(document["signer"].get("role") != SIGNER_ROLE for document in documents):
        raise SignoffRefused("role: none of the signers is a clinical lead")


def _approvals(document: dict[str, Any]) -> int:
    policy = document.get("policy")
    if document["format"] == FIRST_FORMAT:
        return 1
    number = policy.get("approvals") if isinstance(policy, dict) else None
    if number not in (1, 2):
        raise SignoffRefused("policy: the document does not say how many people have to approve")
    return int(number)


def _person(document: dict[str, Any], key: str) -> dict[str, Any]:
    person = document.get(key)
    if not isinstance(person, dict) or person.get("id") in (None, ""):
        raise SignoffRefused(f"{key}: the document does not name the {key}")
    return {**person, "id": str(person["id"])}
