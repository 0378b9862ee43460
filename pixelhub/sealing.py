"""Text that may lie in the database for a while, but never readable there: AES-256-GCM under a key file. Django-free.

Each text is bound to its place (`context`), so that a ciphertext moved to another row does not open there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pixelhub.secretfile import read_or_create_secret

_FORM = b"\x01"
_NONCE_BYTES = 12


class SealBroken(Exception):
    """These bytes were not sealed here under this key, or were changed, or belong to another place."""


class Sealer:
    """Seals and opens texts, and names them by a keyed fingerprint."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(_derived(secret, b"pixelhub/sealed-text"))
        self._fingerprint_key = _derived(secret, b"pixelhub/fingerprint")

    def seal(self, text: str, *, context: str) -> bytes:
        """The text encrypted and bound to `context`; different bytes each time."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORM + nonce + self._cipher.encrypt(nonce, text.encode("utf-8"), context.encode("utf-8"))

    def unseal(self, sealed: bytes, *, context: str) -> str:
        """The text again. Raises SealBroken."""
        if sealed[:1] != _FORM:
            raise SealBroken("another form of seal")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, body, context.encode("utf-8")).decode("utf-8")
        except (InvalidTag, ValueError):
            raise SealBroken("the seal does not open with this key at this place") from None

    def fingerprint(self, text: str) -> str:
        """A keyed digest (HMAC-SHA256, hex): equal texts agree, and without the key nobody can try out short ones."""
        return hmac.new(self._fingerprint_key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def sealer_from(path: Path) -> Sealer:
    """A sealer under the secret of a file, made on first use and readable by its owner only."""
    return Sealer(read_or_create_secret(path, size=32))


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret.encode("ascii"))
