"""PostgreSQL: one snapshot for dump and counts, by the programs that PostgreSQL ships."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from pixelhub.audit.models import AuditHead
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.snapshots import DatabaseCopy

FILE: Final = "database.dump"
#: What libpq's programs read from the environment, by the name of the connection's parameter.
_VARIABLES: Final = {
    "dbname": "PGDATABASE",
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
_TABLES: Final = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


@contextmanager
def own_connection() -> Iterator[Any]:
    """A session of its own beside Django's, so that what it holds lasts exactly as long as the block."""
    with closing(connection.get_new_connection(connection.get_connection_params())) as session:
        yield session


def dump(folder: Path) -> DatabaseCopy:
    """The whole database as of one moment, in pg_dump's custom format. Raises BackupRefused with its reason."""
    with own_connection() as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        session.read_only = True
        client = _client_for(_server(session), "pg_dump")
        snapshot = session.execute("SELECT pg_export_snapshot()").fetchone()[0]
        path = folder / FILE
        _run("pg_dump", f"--file={path}", "--format=custom", f"--snapshot={snapshot}", *_PLAIN)
        tables = {name: _count(session, name) for (name,) in session.execute(_TABLES).fetchall()}
        row = session.execute(f'SELECT seq, hash FROM "{AuditHead._meta.db_table}" WHERE id = 1').fetchone()  # noqa: S608  # nosec B608
        return DatabaseCopy(path, tables, row or (0, ""), {"server": _server(session), "client": client})


def load(path: Path, versions: dict[str, int]) -> None:
    """Put a dump into the empty database, all or nothing. Raises BackupRefused with PostgreSQL's reason."""
    check_versions(versions)
    database = str(connection.settings_dict["NAME"])
    connection.close()
    _run("pg_restore", f"--dbname={database}", "--single-transaction", "--exit-on-error", *_PLAIN, str(path))


_PLAIN: Final = ("--no-owner", "--no-privileges", "--no-password")


def check_versions(versions: dict[str, int]) -> dict[str, int]:
    """The versions at hand, where they can read the dump. Raises BackupRefused, saying which one is too old."""
    with own_connection() as session:
        server = _server(session)
    client = _client_for(server, "pg_restore")
    if client < versions["client"]:
        raise BackupRefused(
            f"The dump was made by pg_dump {versions['client']}; pg_restore here is {client}. "
            f"Install postgresql-client-{versions['client']}, or name its folder in BACKUP_PG_PROGRAMS."
        )
    if server < versions["server"]:
        raise BackupRefused(f"The backup is of PostgreSQL {versions['server']}; the server here is {server}, older.")
    return {"server": server, "client": client}


def is_empty() -> bool:
    """Whether the database has no table."""
    with own_connection() as session:
        return session.execute(_TABLES).fetchone() is None


def counts() -> dict[str, int]:
    """Rows of each table, as of one moment."""
    with own_connection() as session:
        session.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return {name: _count(session, name) for (name,) in session.execute(_TABLES).fetchall()}


def _count(session: Any, table: str) -> int:
    asked = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    return int(session.execute(asked).fetchone()[0])


def _server(session: Any) -> int:
    return int(session.info.server_version) // 10_000


def _client_for(server: int, name: str) -> int:
    """The program's version. Raises BackupRefused for none, and for one that is older than the server."""
    said = subprocess.run([_program(name), "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\) (\d+)", said)
    client = int(found[1]) if found else 0
    if client < server:
        raise BackupRefused(
            f"{name} is version {client or 'unknown'}, older than the server (PostgreSQL {server}): that can not work. "
            f"Install postgresql-client-{server}, or name its folder in BACKUP_PG_PROGRAMS."
        )
    return client


def _program(name: str) -> str:
    path = shutil.which(name, path=settings.BACKUP_PG_PROGRAMS or None)
    if path is None:
        raise BackupRefused(f"{name} is not installed here: install PostgreSQL's client programs (BACKUP_PG_PROGRAMS).")
    return path


def _run(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [_program(name), *arguments], env=_environment(), capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        raise BackupRefused(f"{name} ended with {done.returncode}: {_reason(done.stderr)}")


def _reason(told: str) -> str:
    """The first error without its details, which may quote rows."""
    errors = [line for line in told.splitlines() if "error:" in line]
    return re.sub(r"(COPY|DETAIL|CONTEXT).*", r"\1 …", errors[0])[:300] if errors else "no reason given"


def _environment() -> dict[str, str]:
    """Where the programs connect to; the password is never an argument, which others could read."""
    chosen = connection.get_connection_params()
    given = {variable: str(chosen[name]) for name, variable in _VARIABLES.items() if chosen.get(name)}
    return {**os.environ, **given, "PGAPPNAME": "pixelhub-backup"}
