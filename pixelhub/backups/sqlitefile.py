"""SQLite: its online backup API, while others write."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from django.db import connection

from pixelhub.audit.models import AuditHead
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.snapshots import DatabaseCopy

FILE: Final = "database.sqlite3.gz"
_TABLES: Final = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
_TIMEOUT: Final = 30.0


def dump(folder: Path) -> DatabaseCopy:
    """The whole database as of one moment, checked and compressed.

    All pages in one step: in steps SQLite begins again whenever somebody else writes, so under load it never ends.
    In WAL mode the one step holds a read lock, which keeps no writer waiting.
    """
    copied = folder / "copy.sqlite3"
    with closing(sqlite3.connect(_path(), timeout=_TIMEOUT)) as source, closing(sqlite3.connect(copied)) as target:
        source.backup(target, pages=-1)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
        found = target.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupRefused(f"The database itself is damaged (PRAGMA quick_check): {str(found)[:200]}")
        tables = _counts(target)
        head = target.execute(f'SELECT seq, hash FROM "{AuditHead._meta.db_table}" WHERE id = 1').fetchone()  # noqa: S608  # nosec B608
    path = folder / FILE
    with copied.open("rb") as plain, gzip.open(path, "wb", compresslevel=1) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    copied.unlink()
    return DatabaseCopy(path, tables, (int(head[0]), str(head[1])) if head else (0, ""))


def load(path: Path) -> None:
    """Put a copy where the hub looks for its database: written aside, synced, renamed."""
    target = _path()
    connection.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.restoring")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with gzip.open(path, "rb") as packed, os.fdopen(descriptor, "wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
        plain.flush()
        os.fsync(plain.fileno())
    for left in ("-wal", "-shm"):  # of the empty database that may have stood here
        target.with_name(f"{target.name}{left}").unlink(missing_ok=True)
    draft.replace(target)


def is_empty() -> bool:
    """Whether there is no database file, or one without a table."""
    if not _path().exists():
        return True
    with closing(sqlite3.connect(_path(), timeout=_TIMEOUT)) as found:
        return found.execute(_TABLES).fetchone() is None


def counts() -> dict[str, int]:
    """Rows of each table, as of one moment."""
    with closing(sqlite3.connect(_path(), timeout=_TIMEOUT)) as found:
        found.execute("BEGIN")
        return _counts(found)


def _counts(found: sqlite3.Connection) -> dict[str, int]:
    names = [name for (name,) in found.execute(_TABLES)]
    return {name: int(found.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in names}  # noqa: S608  # nosec B608


def _path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))
