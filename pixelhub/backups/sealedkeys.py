"""The hub's key files under a passphrase: in a backup only where somebody asked for it."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.conf import settings

from pixelhub.backups.errors import BackupRefused

FILE: Final = "keys.sealed"
FEWEST_CHARACTERS: Final = 16
_FORM: Final = b"pixelhub.keys/1\n"
_SALT, _NONCE = 16, 12


def key_files() -> dict[str, Path]:
    """The files without which a restored hub can't sign, open kept words, or honour what SECRET_KEY derived."""
    generated = Path(settings.VAR_DIR) / "keys" / "secret_key"
    return {"signing": settings.SIGNING_KEY_FILE, "session_text": settings.SESSION_TEXT_KEY_FILE} | (
        {"secret_key": generated} if settings.SECRET_KEY_IS_GENERATED else {}
    )


def passphrase_from(path: str) -> str:
    """The passphrase of a file. Raises BackupRefused for one that cannot be read or is short."""
    try:
        passphrase = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BackupRefused(f"The passphrase file {path} can not be read.") from None
    if len(passphrase) < FEWEST_CHARACTERS:
        raise BackupRefused(f"The passphrase has fewer than {FEWEST_CHARACTERS} characters.")
    return passphrase


def sealed_keys(passphrase: str) -> bytes:
    """The key files that there are, encrypted (AES-256-GCM under a key that scrypt makes of the passphrase)."""
    held = {name: base64.b64encode(path.read_bytes()).decode() for name, path in key_files().items() if path.exists()}
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    body = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(held).encode(), _FORM)
    return _FORM + salt + nonce + body


def opened_keys(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Name -> bytes of each key file. Raises BackupRefused for another passphrase or changed bytes."""
    start = len(_FORM)
    salt, nonce = sealed[start : start + _SALT], sealed[start + _SALT : start + _SALT + _NONCE]
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed[start + _SALT + _NONCE :], _FORM)
        return {name: base64.b64decode(data) for name, data in json.loads(plain).items()}
    except (InvalidTag, ValueError):
        raise BackupRefused("The keys of this backup do not open with this passphrase.") from None


def keys_in_the_way(held: dict[str, bytes]) -> list[str]:
    """Key files that stand here with other bytes. A generated SECRET_KEY is not: this very start has made it."""
    here = key_files()
    standing = (here[name] for name in held if name in here and name != "secret_key" and here[name].exists())
    other = {here[name]: data for name, data in held.items() if name in here}
    return [str(path) for path in standing if path.read_bytes() != other[path]]


def keys_write(held: dict[str, bytes]) -> list[str]:
    """Put the key files where the settings look for them, for their owner alone; answers which."""
    here = key_files()
    written = []
    for name in sorted(set(held) & set(here)):
        path = here[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.restoring")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(held[name])
        draft.replace(path)
        written.append(name)
    return written


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode("utf-8"))
