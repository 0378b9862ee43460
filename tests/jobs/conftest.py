"""A rig per test: worker processes on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection

from tests.jobs import handlers
from tests.jobs.rig import Rig, environment_for, looking_at, run_manage


def _migrate(url: str, folder: Path) -> None:
    run_manage(environment_for(url, folder), "migrate", "--verbosity", "0")
    with looking_at(url), connection.cursor() as cursor:
        cursor.execute(handlers.CREATE_EFFECTS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Path:
    """A migrated SQLite file, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("jobs-sqlite")
    with django_db_blocker.unblock():
        _migrate(f"sqlite:///{folder / 'template.sqlite3'}", folder)
    return folder / "template.sqlite3"


@pytest.fixture(scope="session")
def postgres_template(
    postgres_server_url: str, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Iterator[str]:
    """A migrated PostgreSQL database, made once and cloned for each test: its name."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server_url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    with django_db_blocker.unblock():
        _migrate(f"{postgres_server_url.rpartition('/')[0]}/{name}", tmp_path_factory.mktemp("jobs-postgres"))
    yield name
    with psycopg.connect(postgres_server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def rig_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "hub.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server_url, template = (request.getfixturevalue(n) for n in ("postgres_server_url", "postgres_template"))
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield f"{server_url.rpartition('/')[0]}/{name}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def rig(
    rig_database: str, tmp_path: Path, django_db_blocker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """Worker processes on a database of their own; this process's models look at the same one."""
    settings.SECRET_KEY = "test processes of one rig share a key"
    settings.JOBS_LEASE_SECONDS = 2.0
    settings.JOBS_RETRY_SECONDS = 0.0
    settings.JOBS_CANCEL_GRACE_SECONDS = 1.0
    for name in list(os.environ):
        if name.startswith("JOBS_"):
            monkeypatch.delenv(name)
    with django_db_blocker.unblock(), looking_at(rig_database):
        running = Rig(rig_database, tmp_path)
        try:
            yield running
        finally:
            running.end()
