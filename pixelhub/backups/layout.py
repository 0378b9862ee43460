"""How backups lie in their place, and the manifest that makes one whole.

    backups/<name>/database.sqlite3.gz or database.dump
    backups/<name>/keys.sealed              only where it was asked for
    backups/<name>/manifest.json            written last: a backup without it is none
    objects/<aa>/<sha256>                   each content once, for all backups of the place

The manifest is signed by the hub's key and carries the public half, so that a changed byte of it is found on a machine
that knows nothing yet. Who made it is proven only against a public key that was kept elsewhere.
"""

from __future__ import annotations

import json
from pathlib import Path
from posixpath import normpath
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from django.conf import settings

from pixelhub.backups import postgres, sealedkeys, sqlitefile
from pixelhub.backups.errors import BackupDamaged, BackupRefused
from pixelhub.backups.retention import made_at
from pixelhub.canonical import canonical_json
from pixelhub.keys import signing_key
from pixelhub.objects import ObjectNotFound, ObjectStore, open_store
from pixelhub.signing import PublicKey, SignatureInvalid, public_key_from

FORMAT: Final = "pixelhub.backup/1"
BACKUPS: Final = "backups/"
OBJECTS: Final = "objects/"
MANIFEST: Final = "manifest.json"


def open_place(url: str = "") -> ObjectStore:
    """Where backups lie: the address given, or BACKUP_URL. BackupRefused for none and for the hub's own store."""
    address = (url or settings.BACKUP_URL).rstrip("/")
    if not address:
        raise BackupRefused("Say where backups lie: set BACKUP_URL, or name a file:///folder or s3://bucket/prefix.")
    here, own = _spelled_out(address), _spelled_out(settings.OBJECT_STORE_URL)
    if here.startswith(own) or own.startswith(here):
        raise BackupRefused("A backup must not lie in the object store that it is a backup of: name another place.")
    try:
        return open_store(address)
    except ValueError as error:
        raise BackupRefused(f"{address} is no place for backups: {error}") from None


def _spelled_out(address: str) -> str:
    """One spelling of a place, with a slash at its end: links followed, `..` and doubled slashes resolved."""
    parts = urlsplit(address)
    path = str(Path(unquote(parts.path)).resolve()) if parts.scheme == "file" else normpath(f"/{parts.path.strip('/')}")
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/"


def file_key(name: str, file: str) -> str:
    """Where a file of one backup lies."""
    return f"{BACKUPS}{name}/{file}"


def object_key(digest: str) -> str:
    """Where a content lies."""
    return f"{OBJECTS}{digest[:2]}/{digest}"


def backup_names(place: ObjectStore) -> list[str]:
    """The backups that have a manifest, oldest first."""
    return [name for name, file in _files(place) if file == MANIFEST]


def unfinished_files(place: ObjectStore) -> list[str]:
    """Keys that backups left which never got their manifest."""
    found = list(_files(place))
    whole = {name for name, file in found if file == MANIFEST}
    return [file_key(name, file) for name, file in found if name not in whole]


def _files(place: ObjectStore) -> list[tuple[str, str]]:
    """Backup and file name of what lies below `backups/`; what is not named as a backup is not ours."""
    found = []
    for stat in place.list(BACKUPS):
        name, _, file = stat.key.removeprefix(BACKUPS).partition("/")
        try:
            made_at(name)
        except ValueError:
            continue
        found.append((name, file))
    return found


def named(place: ObjectStore, name: str) -> str:
    """The backup of this name, or the newest for "last". Raises BackupRefused where there is none."""
    names = backup_names(place)
    if name == "last" and names:
        return names[-1]
    if name not in names:
        raise BackupRefused(f"There is no whole backup {name} in this place." if names else "There is no backup here.")
    return name


def manifest_bytes(document: dict[str, Any]) -> bytes:
    """The manifest's file: the document with the hub's public key, and the signature over both."""
    key = signing_key()
    document = {**document, "public_key": key.public.pem().decode("ascii")}
    return canonical_json({"document": document, "signature": key.sign(document)}) + b"\n"


def read_manifest(place: ObjectStore, name: str, *, trusted: PublicKey | None = None) -> dict[str, Any]:
    """The document of a backup whose signature holds, by `trusted` where it is known and else by the key it carries.

    Raises BackupDamaged for a manifest that was changed, that another key signed, or that cannot be read.
    """
    key = file_key(name, MANIFEST)
    try:
        stored = json.loads(place.read(key))
        document: dict[str, Any] = stored["document"]
        (trusted or public_key_from(document["public_key"].encode("ascii"))).verify(document, stored["signature"])
        if document["format"] != FORMAT or document["name"] != name:
            raise ValueError
        # Whoever has a key of their own can sign any manifest: a name that leaves the folder is none of ours.
        files = [document[part]["file"] for part in ("database", "keys") if document[part] is not None]
        if not {*files} <= {postgres.FILE, sqlitefile.FILE, sealedkeys.FILE}:
            raise ValueError
    except ObjectNotFound:
        raise BackupDamaged(name, [f"{key} is missing"]) from None
    except SignatureInvalid as error:
        raise BackupDamaged(name, [f"{key}: {error}"]) from None
    except (ValueError, KeyError, TypeError, AttributeError, UnsupportedAlgorithm):
        raise BackupDamaged(name, [f"{key} cannot be read"]) from None
    return document
