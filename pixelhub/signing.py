"""Ed25519 signatures over canonical JSON documents.

The hub signs sign-off documents with its private key; the serving process holds only the public key and checks
each document itself. Django-free, so that a signature can be verified offline, away from the hub.
"""

import base64
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.secretfile import write_once

ALGORITHM = "ed25519"


class SignatureInvalid(Exception):
    """The signature does not belong to this document and this key; the message says which part failed."""


class PublicKey:
    """A key that verifies signatures."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key
        self.key_id = sha256_hex(self.raw())[:16]

    def raw(self) -> bytes:
        """The key's 32 bytes."""
        return self._key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def pem(self) -> bytes:
        return self._key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def verify(self, document: dict[str, Any], signature: dict[str, Any]) -> None:
        """Raise SignatureInvalid unless `signature` was made over exactly this document by this key."""
        if not isinstance(signature, dict) or signature.get("alg") != ALGORITHM:
            raise SignatureInvalid("unknown signature algorithm")
        if signature.get("key_id") != self.key_id:
            raise SignatureInvalid("signed by a key that is not trusted here")
        try:
            value = base64.b64decode(str(signature.get("value", "")), validate=True)
            self._key.verify(value, canonical_json(document))
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid("the signature does not match the document") from error


class SigningKey:
    """A private key; `public` is its verifying half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key())

    def sign(self, document: dict[str, Any]) -> dict[str, str]:
        """A detached signature: `{"alg", "key_id", "value"}` with the value in base64."""
        value = self._key.sign(canonical_json(document))
        return {
            "alg": ALGORITHM,
            "key_id": self.public.key_id,
            "value": base64.b64encode(value).decode("ascii"),
        }


def load_or_create_key(path: Path | str) -> SigningKey:
    """The private key at `path` (PEM). Where there is none, one is made, readable by its owner only.

    Written aside and linked into place, so that two processes starting together agree on one key:
    the loser of the race reads what the winner wrote.
    """
    target = Path(path)
    if not target.exists():
        _create_key(target)
    key = serialization.load_pem_private_key(target.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SignatureInvalid(f"{target.name} is not an Ed25519 private key")
    return SigningKey(key)


def _create_key(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_once(target, pem)


def public_key_from(source: Path | str | bytes) -> PublicKey:
    """A public key from a PEM file's path, or from PEM text."""
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, str) and source.startswith("-----BEGIN"):
        data = source.encode("ascii")
    else:
        data = Path(source).read_bytes()
    key = serialization.load_pem_public_key(data)
    if not isinstance(key, Ed25519PublicKey):
        raise SignatureInvalid("not an Ed25519 public key")
    return PublicKey(key)
