"""What every test may ask for."""

import os
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.cache import cache
from django.db import connections
from django.db.backends.postgresql.creation import DatabaseCreation as PostgresCreation
from django.db.backends.sqlite3.base import DatabaseWrapper

from tests.browser import chromium
from tests.emptied import empty_quickly
from tests.hubprocess import HubProcess
from tests.migrated import copy_sqlite, fill_from_migrated, migrated_postgres, postgres_copy
from tests.personas import World, make_world
from tests.properties import load_profiles
from tests.servers import postgres_server, redis_server, s3_server

pytest_plugins = ["tests.trained"] if Path(__file__).with_name("trained.py").exists() else []
load_profiles()
empty_quickly()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long modules first; in the PostgreSQL pass (tests/run.py) only what touches Django's database.

    The rest would tell the same twice there. Tests that start processes on a database of their own (`database_url`)
    take both in the other pass.
    """
    weights: dict[Path, int] = {}
    for item in items:
        weights[item.path] = max(weights.get(item.path, 0), _weight(item))
    items.sort(key=lambda item: (-weights[item.path], str(item.path) if weights[item.path] else ""))
    if not os.environ.get("PIXELHUB_TEST_DATABASE_ONLY"):
        return
    touches = [
        item
        for item in items
        if (item.get_closest_marker("django_db") or _DATABASE_FIXTURES & _fixtures(item))
        and not item.get_closest_marker("one_database")
    ]
    kept = set(touches)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = touches


def _weight(item: pytest.Item) -> int:
    """How long a test may take, roughly: by its marks, and by whether it starts processes on a database."""
    marks = sum(weight for mark, weight in _MARK_WEIGHTS.items() if item.get_closest_marker(mark))
    return marks + 1 if _PROCESS_FIXTURES & _fixtures(item) else marks


_MARK_WEIGHTS = {"slow": 4, "training": 2, "browser": 2}
_PROCESS_FIXTURES = {"database_url", "module_database_url", "live_hub"}
_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> None:
    """Objects and keys of each test in a folder of its own."""
    settings.OBJECT_STORE_URL = f"file://{tmp_path / 'objects'}"
    settings.SIGNING_KEY_FILE = tmp_path / "keys" / "signing.pem"
    settings.SIGNING_PUBLIC_KEY_FILE = tmp_path / "keys" / "signing.pub"
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """An empty cache for each test: its keys name rows by number, and on SQLite numbers begin anew with every test."""
    cache.clear()


@pytest.fixture
def world(db: None) -> World:
    """Two projects with people in every role."""
    return make_world()


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """A PostgreSQL server: the run's own (tests/run.py) or one started for this process."""
    shared = os.environ.get("PIXELHUB_TEST_POSTGRES_URL")
    if shared:
        yield shared
        return
    with postgres_server() as url:
        if url is None:
            pytest.skip("PostgreSQL's server programs are not installed")
        yield url


@pytest.fixture
def postgres_url(postgres_server_url: str) -> Iterator[str]:
    """A fresh, migrated database on a real PostgreSQL; dropped afterwards."""
    with postgres_copy(postgres_server_url) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A fresh, migrated SQLite file for tests that start processes of their own."""
    copy_sqlite(tmp_path / "hub.sqlite3")
    return f"sqlite:///{tmp_path / 'hub.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases in turn, for races and kills in processes of their own."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Both databases in turn, migrated and kept for the module: each test makes its own project in it."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("database") / "hub.sqlite3"
        copy_sqlite(path)
        yield f"sqlite:///{path}"
        return
    with postgres_copy(request.getfixturevalue("postgres_server_url")) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real Redis: the run's own, there a database for each worker, or one started for this process."""
    shared = os.environ.get("PIXELHUB_TEST_REDIS_URL")
    if shared:
        number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
        yield f"{shared.rpartition('/')[0]}/{int(number) % 16}"
        return
    with redis_server() as url:
        if url is None:
            pytest.skip("redis-server is not installed")
        yield url


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 server of this process's own."""
    with s3_server() as address:
        yield address


@pytest.fixture
def s3_url(s3_endpoint: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh bucket, with the settings and keys that reach it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings.OBJECT_STORE_ENDPOINT = s3_endpoint
    bucket = f"b{uuid.uuid4().hex[:12]}"
    boto3.client("s3", endpoint_url=s3_endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/hub"


@pytest.fixture(scope="session", autouse=True)
def memory_database_from_migrated() -> Iterator[None]:
    """On SQLite the test database in memory starts as a copy of the migrated one, and `migrate` finds nothing to do."""
    creation = DatabaseWrapper.creation_class
    original = creation._create_test_db
    kept: list[sqlite3.Connection] = []

    def create(self: Any, *args: Any, **kwargs: Any) -> str:
        name = str(original(self, *args, **kwargs))
        if self.is_in_memory_db(name):
            kept.append(sqlite3.connect(name, uri=True, check_same_thread=False))
            fill_from_migrated(kept[-1])
        return name

    creation._create_test_db = create
    yield
    creation._create_test_db = original
    for connection in kept:
        connection.close()


@pytest.fixture(scope="session", autouse=True)
def postgres_database_from_migrated() -> None:
    """On PostgreSQL the test database is a copy of the migrated one, too."""
    default = connections["default"]
    if default.vendor == "postgresql":
        server_url = os.environ["DATABASE_URL"].rpartition("/")[0]
        default.settings_dict["TEST"]["TEMPLATE"] = migrated_postgres(f"{server_url}/postgres")


@pytest.fixture(scope="session", autouse=True)
def drop_despite_kept_sessions() -> Iterator[None]:
    """PostgreSQL drops no database that somebody uses, and threads keep their connections (pixelhub/pages.py)."""
    original = PostgresCreation._destroy_test_db

    def destroy(self: Any, name: str, verbosity: int) -> None:
        with self._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )
        original(self, name, verbosity)

    PostgresCreation._destroy_test_db = destroy
    yield
    PostgresCreation._destroy_test_db = original


@pytest.fixture
def browser() -> Iterator[Any]:
    """A real Chromium; `tests.browser.watched_page(browser)` opens a page with its own cookies."""
    with chromium() as running:
        yield running


@pytest.fixture
def live_hub(tmp_path: Path) -> Iterator[HubProcess]:
    """A migrated hub that is not started yet: prepare data with `live_hub.python(...)`, then `live_hub.start()`."""
    with HubProcess(tmp_path) as hub:
        copy_sqlite(hub.database)
        yield hub
