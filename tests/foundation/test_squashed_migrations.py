"""A database from nothing takes the squashed migrations; one that stands anywhere in the old chain goes on along it.

Both end in the same schema: columns, keys, checks, indexes and triggers. (On PostgreSQL the two were compared once,
when the squashes were made: neither they nor the chain change any more, and a chain takes half a minute.)
"""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader

from tests.migrated import migrated_sqlite
from tests.paths import PROJECT_ROOT

# Where a hub of the first weeks stood, app by app: whole chains, halves, beginnings.
MIDDLE = [
    ("annotation", "0005_drafts_returns_and_reviewed_revision"),
    ("datasets_app", "0002_data_rooms"),
    ("training_app", "0001_initial"),
    ("inference", "0004_sessions"),
    ("review", "0002_append_only"),
    ("jobs", "0001_initial"),
]
# Without SQLite's fsyncs, as the hub makes a new database.
START = """
import django
django.setup()
from django.db import connection
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

Schema = set[tuple[object, ...]]


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
def test_a_database_in_the_middle_of_the_chain_ends_where_a_new_one_does(tmp_path: Path) -> None:
    database = tmp_path / "old.sqlite3"
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "pixelhub.settings",
    }
    for script in (TO_THE_MIDDLE, ON_TO_THE_END):
        subprocess.run([sys.executable, "-c", START + script], cwd=PROJECT_ROOT, env=environment, check=True)
    old, new = _schema(database), _schema(migrated_sqlite())
    assert len(new) > 500
    assert old - new == set()
    assert new - old == set()


def _schema(path: Path) -> Schema:
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
        schema |= {(kind, table, clause.strip()) for clause in _clauses(body)}
    return schema


def _clauses(body: str) -> list[str]:
    """The parts between a table's commas, those in brackets and in quotes aside."""
    parts, depth, quote = [""], 0, ""
    for character in body:
        quote = ("" if character == quote else quote) if quote else (character if character in "'\"" else "")
        depth += 0 if quote else (character == "(") - (character == ")")
        if character == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return parts
