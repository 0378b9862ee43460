"""A rig per test: worker processes on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.jobs import handlers
from tests.jobs.rig import Rig, looking_at
from tests.migrated import copy_sqlite, postgres_copy


def _add_effects(url: str) -> None:
    with looking_at(url), connection.cursor() as cursor:
        cursor.execute(handlers.CREATE_EFFECTS)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Path:
    """A migrated SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("jobs-sqlite") / "template.sqlite3"
    copy_sqlite(path)
    with django_db_blocker.unblock():
        _add_effects(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server_url: str, django_db_blocker: Any) -> Iterator[str]:
    """A migrated PostgreSQL database, made once and cloned for each test: its name."""
    with postgres_copy(postgres_server_url) as url:
        with django_db_blocker.unblock():
            _add_effects(url)
        yield url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def rig_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of this test's own."""
    if request.param == "sqlite":
        path = tmp_path / "hub.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server_url, template = (request.getfixturevalue(n) for n in ("postgres_server_url", "postgres_template"))
    with postgres_copy(server_url, template) as url:
        yield url


@pytest.fixture
def rig(
    rig_database: str, tmp_path: Path, django_db_blocker: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rig]:
    """Worker processes on a database of their own; this process's models look at the same one."""
    settings.SECRET_KEY = "test processes of one rig share a key"
    settings.JOBS_LEASE_SECONDS = 60.0  # what this process claims, it keeps
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
