"""A secret kept in a file of the var folder: made once, readable by its owner only. Django-free."""

import os
import secrets
from pathlib import Path


def read_or_create_secret(path: Path, *, size: int = 50) -> str:
    """The secret at `path`, generated on first use (`size` random bytes, URL-safe text).

    Written aside and linked into place, so that processes which start together agree on one secret.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, secrets.token_urlsafe(size).encode("ascii"))
    return path.read_text(encoding="ascii").strip()


def write_once(path: Path, data: bytes) -> None:
    """Put `data` at `path` unless something is there already; the first writer wins, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        # link() fails where the target exists: whoever comes second keeps the first one's bytes.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
