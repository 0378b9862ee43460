"""A database from nothing takes the squashed migrations; one that stands anywhere in the old chain goes on along it.

Both end in the same schema: columns, keys, checks, indexes and triggers, on SQLite and on PostgreSQL.
"""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader

from tests.migrated import migrated_postgres, migrated_sqlite
from tests.paths import PROJECT_ROOT

# Where a hub of the first weeks stood, app by app: whole chains, halves, beginnings.
MIDDLE = [
    ("annotation", "0005_drafts_returns_and_reviewed_revision"),
    ("datasets_app", "0002_data_rooms"),
    ("training_app", "0001_initial"),
    ("review", "0002_append_only"),
    ("jobs", "0001_initial"),
]
# Without SQLite's fsyncs, as the hub makes a new database.
START = """
import django
django.setup()
from django.db import connection
if connection.vendor == "sqlite":
    connection.cursor().execute("PRAGMA synchronous=OFF")
"""
TO_THE_MIDDLE = f"""
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.loader.replace_migrations = False
executor.loader.build_graph()
executor.migrate({MIDDLE!r})
"""
ON_TO_THE_END = """
from django.core.management import call_command
call_command("migrate", verbosity=0, skip_checks=True)
"""
# Clauses of a table, but for commas in brackets and in quotes.
CLAUSE = re.compile(r"""(?:[^,()'"]|'[^']*'|"[^"]*"|\((?:[^()'"]|'[^']*'|"[^"]*"|\((?:[^()]|\([^()]*\))*\))*\))+""")

Schema = set[tuple[object, ...]]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite3'}"
        return
    server = request.getfixturevalue("postgres_server_url")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE old_chain")
    yield f"{server.rpartition('/')[0]}/old_chain"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE old_chain WITH (FORCE)")


def squashed() -> list[tuple[str, str]]:
    loader = MigrationLoader(None)
    return sorted(key for key, migration in loader.disk_migrations.items() if migration.replaces and _is_ours(key[0]))


def _is_ours(app: str) -> bool:
    return (PROJECT_ROOT / app).is_dir()


@pytest.mark.parametrize("key", squashed(), ids=lambda key: key[0])
def test_a_squash_describes_the_models_as_its_chain_does(key: tuple[str, str]) -> None:
    chain = MigrationLoader(None, replace_migrations=False)
    squash = chain.disk_migrations[key]
    by_chain = chain.project_state([squash.replaces[-1]])
    before = [chain.check_key(dependency, key[0]) for dependency in squash.dependencies]
    by_squash = squash.mutate_state(chain.project_state(before))

    assert squash.replaces[0][1] == "0001_initial"
    for one, other in ((by_chain, by_squash), (by_squash, by_chain)):
        steps = MigrationAutodetector(one, other)._detect_changes()
        assert key[0] not in steps, steps[key[0]][0].operations


@pytest.mark.slow
def test_a_database_in_the_middle_of_the_chain_ends_where_a_new_one_does(
    empty_database: str, request: pytest.FixtureRequest
) -> None:
    environment = {**os.environ, "DATABASE_URL": empty_database, "DJANGO_SETTINGS_MODULE": "pixelhub.settings"}
    for script in (TO_THE_MIDDLE, ON_TO_THE_END):
        subprocess.run([sys.executable, "-c", START + script], cwd=PROJECT_ROOT, env=environment, check=True)

    if empty_database.startswith("sqlite"):
        old, new = (_sqlite_schema(path) for path in (urlsplit(empty_database).path, migrated_sqlite()))
    else:
        server = request.getfixturevalue("postgres_server_url")
        fresh = f"{server.rpartition('/')[0]}/{migrated_postgres(server)}"
        old, new = (_postgres_schema(url) for url in (empty_database, fresh))
    assert len(new) > 500
    assert old - new == set()
    assert new - old == set()


def _sqlite_schema(path: str | Path) -> Schema:
    """Every clause of every table, every index and trigger; the order of columns aside."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    schema: Schema = set()
    for kind, table, name, sql in rows:
        if kind != "table":
            schema.add((kind, table, name, sql))
            continue
        body = sql[sql.index("(") + 1 : sql.rindex(")")]
        schema |= {(kind, table, clause.strip()) for clause in CLAUSE.findall(body)}
    return schema


POSTGRES_QUESTIONS = {
    "column": "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default,"
    " is_identity FROM information_schema.columns WHERE table_schema = 'public'",
    "constraint": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "index": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": "SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "function": "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}


def _postgres_schema(url: str) -> Schema:
    with psycopg.connect(url) as connection:
        return {
            (kind, *row)
            for kind, question in POSTGRES_QUESTIONS.items()
            for row in connection.execute(question).fetchall()
        }
