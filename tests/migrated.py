"""A migrated database, made once for a state of the code and copied by whoever needs one.

Running all migrations costs some fifteen seconds of CPU, a copy next to nothing, and a hundred tests start processes on
a database of their own. That the migrations run from nothing is shown by the first of them all, each time.
"""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from filelock import FileLock

from tests.paths import PROJECT_ROOT, private_folder


@cache
def state_of_the_code() -> str:
    """Digest of every migration of ours, of the pinned packages, whose migrations run too, and of the list of apps."""
    digest = hashlib.sha256((PROJECT_ROOT / "deploy" / "requirements.lock").read_bytes())
    digest.update((PROJECT_ROOT / "pixelhub" / "settings" / "base.py").read_bytes())
    steps = [path for path in PROJECT_ROOT.glob("*/migrations/*.py") if path.is_file()]
    for path in sorted([*steps, *PROJECT_ROOT.glob("*/*/migrations/*.py")]):
        digest.update(f"{path.relative_to(PROJECT_ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def migrated_sqlite() -> Path:
    """A migrated SQLite file; never written to, only copied."""
    made = private_folder("migrated") / f"{state_of_the_code()}.sqlite3"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            work = made.with_suffix(".work")
            work.unlink(missing_ok=True)
            _migrate(f"sqlite:///{work}")
            with sqlite3.connect(work) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            work.rename(made)
    return made


def copy_sqlite(to: Path) -> None:
    """A migrated database at `to`."""
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(migrated_sqlite(), to)


def fill_from_migrated(connection: sqlite3.Connection) -> None:
    """The migrated database into an empty one, which may be in memory."""
    with sqlite3.connect(migrated_sqlite()) as source:
        source.backup(connection)


def migrated_postgres(server_url: str) -> str:
    """Name of a migrated database on this server, to be used as a template."""
    name = f"migrated_{state_of_the_code()}"
    lock = FileLock(private_folder("migrated") / f"{urlsplit(server_url).port}-{name}.lock")
    with lock, psycopg.connect(server_url, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        connection.execute(f'DROP DATABASE IF EXISTS "{name}_work"')
        connection.execute(f'CREATE DATABASE "{name}_work"')
        _migrate(f"{server_url.rpartition('/')[0]}/{name}_work")
        connection.execute(f'ALTER DATABASE "{name}_work" RENAME TO "{name}"')
    return name


@contextmanager
def postgres_copy(server_url: str, template: str | None = None) -> Iterator[str]:
    """Address of a database of one's own on this server, copied from `template` (the migrated one); dropped later."""
    name, template = f"t_{uuid.uuid4().hex}", template or migrated_postgres(server_url)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield f"{server_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _migrate(url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "pixelhub.settings"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, check=True)
