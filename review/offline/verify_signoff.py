"""Check a signed sign-off away from the hub, with nothing but Python's standard library.

    python verify_signoff.py signoff.json signing.pub [--bundle FOLDER] [--second other.json]

`signoff.json` is the document with its signature as the hub gives it out ({"document", "signature"}), `signing.pub` the
hub's public key (PEM). Copy this file and `ed25519.py` into one folder. `--bundle` also checks the bytes of a model's
files against what was signed; `--second` the approval of the second person, where the policy asks for two. Exit status:
0 it holds, 1 it does not (each reason on a line of its own), 2 a file could not be read.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

try:
    from review.offline.ed25519 import verify
except ImportError:  # beside this file, away from the hub
    from ed25519 import verify  # type: ignore[import-not-found,no-redef]

FORMATS = ("pixelhub.signoff/1", "pixelhub.signoff/2")
#: What comes before the 32 bytes of the key in a SubjectPublicKeyInfo of Ed25519 (RFC 8410, section 4).
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")
BESIDE_THE_EVIDENCE = (
    "bundle_sha256",
    "evaluation_sha256",
    "test_set_sha256",
    "campaign_sha256",
    "card_sha256",
)
MAKERS = ("trainer", "starter", "registrar")


class Unreadable(Exception):
    """A file is not there, or not what it should be."""


def canonical(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces: the bytes that are hashed and signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def key_of(pem: bytes) -> bytes:
    """The 32 bytes of an Ed25519 public key in PEM. Raises Unreadable."""
    lines = [line.strip() for line in pem.decode("ascii", "replace").splitlines()]
    body = "".join(line for line in lines if line and not line.startswith("-----"))
    try:
        der = base64.b64decode(body, validate=True)
    except ValueError:
        der = b""
    if len(der) != 44 or not der.startswith(SPKI_PREFIX):
        raise Unreadable("the key is not an Ed25519 public key in PEM")
    return der[12:]


def read_envelope(data: bytes) -> dict[str, Any]:
    """The envelope. A key that appears twice is refused: two readers could read two documents. Raises Unreadable."""
    try:
        envelope = json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the sign-off is not JSON ({error})") from None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("document"), dict):
        raise Unreadable("the sign-off has no document")
    return envelope


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def problems_of(envelope: dict[str, Any], key: bytes) -> list[str]:
    """Everything that is wrong with one signed document; empty when it holds."""
    document, signature = envelope["document"], envelope.get("signature")
    problems = _signature_problems(document, signature if isinstance(signature, dict) else {}, key)
    if document.get("format") not in FORMATS:
        return [*problems, "the document is of no known format"]
    signer = _id(document, "signer")
    if signer is None:
        problems.append("the document names no signer")
    problems += [
        f"the signer is the {name} of the version"
        for name in MAKERS
        if signer is not None and _id(document, name) == signer
    ]
    if document["format"] == FORMATS[1]:
        problems += _second_format_problems(document, signer)
    return problems


def _signature_problems(document: dict[str, Any], signature: dict[str, Any], key: bytes) -> list[str]:
    if signature.get("alg") != "ed25519":
        return ["the signature is not of the kind ed25519"]
    if signature.get("key_id") != sha256(key)[:16]:
        return ["it was signed with another key"]
    try:
        value = base64.b64decode(str(signature.get("value", "")), validate=True)
    except ValueError:
        value = b""
    return [] if verify(key, canonical(document), value) else ["the signature does not belong to this document"]


def _second_format_problems(document: dict[str, Any], signer: str | None) -> list[str]:
    problems = []
    evidence = document.get("evidence")
    if not isinstance(evidence, dict) or sha256(canonical(evidence)) != document.get("evidence_sha256"):
        problems.append("the digest of the evidence is not the one that was signed")
    elif any(document.get(name) != evidence.get(name) for name in BESIDE_THE_EVIDENCE):
        problems.append("the document contradicts its own evidence")
    ancestors = document.get("ancestors")
    if signer in {str(row.get("id")) for row in ancestors or [] if isinstance(row, dict)}:
        problems.append("the signer trained what the version was made from")
    policy, signed_in = document.get("policy"), document.get("signed_in")
    if not isinstance(policy, dict) or not isinstance(signed_in, dict):
        return [*problems, "the document does not say how its signer signed in"]
    try:
        waited = datetime.fromisoformat(document["decided_at"]) - datetime.fromisoformat(signed_in["at"])
        if not 0 <= waited.total_seconds() <= policy["fresh_s"]:
            problems.append("the sign-in had expired when it was signed")
        methods = set(signed_in["methods"])
    except (KeyError, TypeError, ValueError):
        return [*problems, "the document does not say how its signer signed in"]
    if "password" not in methods or (policy.get("requires_mfa") and "mfa" not in methods):
        problems.append("the signer did not prove who they are as the policy asks")
    return problems


def together_problems(documents: list[dict[str, Any]]) -> list[str]:
    """What is wrong with several approvals as one: as many people as the policy asks for, on the same evidence."""
    problems = []
    if len({_id(row, "signer") for row in documents}) < len(documents):
        problems.append("one person signed more than once")
    if all((row.get("signer") or {}).get("role") != "clinical_lead" for row in documents):
        problems.append("none of the signers is a clinical lead")
    needed = max(int((row.get("policy") or {}).get("approvals", 1)) for row in documents)
    if len({_id(row, "signer") for row in documents}) < needed:
        problems.append(f"the policy asks for {needed} people")
    if len({(row.get("bundle_sha256"), row.get("evidence_sha256")) for row in documents}) > 1:
        problems.append("the approvals are not over the same evidence")
    if any(row.get("decision") != "approved" for row in documents):
        problems.append("it is not an approval")
    return problems


def bundle_problems(document: dict[str, Any], folder: Path) -> list[str]:
    """What of a model's folder is not what was signed."""
    index = folder / "bundle.json"
    if not index.is_file():
        return ["bundle.json is missing"]
    data = index.read_bytes()
    if sha256(data) != document.get("bundle_sha256"):
        return ["bundle.json is not the one that was signed"]
    problems = []
    for name, entry in sorted(json.loads(data)["files"].items()):
        path = folder / name
        if Path(name).name != name or not path.is_file() or sha256(path.read_bytes()) != entry["sha256"]:
            problems.append(f"{name} is missing, or not the file that was signed")
    return problems


def _id(document: dict[str, Any], name: str) -> str | None:
    person = document.get(name)
    return str(person["id"]) if isinstance(person, dict) and person.get("id") not in (None, "") else None


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check a signed sign-off away from the hub.")
    parser.add_argument("signoff", type=Path)
    parser.add_argument("public_key", type=Path)
    parser.add_argument("--bundle", type=Path, help="folder with bundle.json and the model's files")
    parser.add_argument("--second", type=Path, help="the second person's signed document")
    options = parser.parse_args(arguments)
    try:
        key = key_of(options.public_key.read_bytes())
        paths = [options.signoff, *([options.second] if options.second else [])]
        envelopes = [read_envelope(path.read_bytes()) for path in paths]
    except (OSError, Unreadable) as error:
        sys.stderr.write(f"cannot be checked: {error}\n")
        return 2
    documents = [envelope["document"] for envelope in envelopes]
    problems = [problem for envelope in envelopes for problem in problems_of(envelope, key)]
    if documents[0].get("decision") == "approved" or options.second:
        problems += together_problems(documents)
    if options.bundle:
        problems += bundle_problems(documents[0], options.bundle)
    for problem in problems:
        sys.stdout.write(f"DOES NOT HOLD: {problem}\n")
    if problems:
        return 1
    first = documents[0]
    signers = " and ".join(str(row["signer"].get("name", "")) for row in documents)
    sys.stdout.write(
        f"holds: version {first['model_version']} of {first['project']} was {first['decision']} by {signers}\n"
        f"bundle {first['bundle_sha256']}, evidence {first['evidence_sha256']}, at {first['decided_at']}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
