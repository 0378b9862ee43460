"""How the database is emptied after a test that commits: back to what the migrations made.

Django's own way costs about a second for each such test, and there are hundreds: it empties all of our 150 tables and
then writes every content type and permission anew. Here those stay, and only what holds rows is touched. As there,
sequences go on, so that no row of a test has the number of an earlier test's.
"""

import sqlite3
import time
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from tests.migrated import migrated_sqlite

#: Written by migrations and what follows them, and by nobody else.
_KEPT = frozenset({"django_migrations", "django_content_type", "auth_permission"})
_PATIENCE_SECONDS = 60.0


def empty_quickly() -> None:
    """Have tests that commit leave their database this way."""
    TransactionTestCase._fixture_teardown = _fixture_teardown


def _fixture_teardown(self: Any) -> None:
    for name in self._databases_names(include_mirrors=False):
        empty = _empty_sqlite if connections[name].vendor == "sqlite" else _empty_postgres
        empty(connections[name])


def _empty_sqlite(connection: BaseDatabaseWrapper) -> None:
    """The migrated file over what is in memory; our triggers, which refuse to delete, see nothing of it."""
    deadline = time.monotonic() + _PATIENCE_SECONDS

    def still_in_time(*_: Any) -> None:
        if time.monotonic() > deadline:
            raise RuntimeError("a connection that the test left open holds the database")

    connection.ensure_connection()
    memory = connection.connection
    reached = memory.execute("SELECT name, seq FROM sqlite_sequence").fetchall()
    source = sqlite3.connect(migrated_sqlite())
    try:
        source.backup(memory, progress=still_in_time, sleep=0.01)
    finally:
        source.close()
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence")
        cursor.executemany("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", reached)


def _empty_postgres(connection: BaseDatabaseWrapper) -> None:
    """Rows are deleted in one transaction that asks neither triggers nor foreign keys."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        tables = [table for table in connection.introspection.table_names(cursor) if table not in _KEPT]
        held = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)
        cursor.execute(held)
        filled = [table for (table,) in cursor.fetchall()]
        if filled:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("; ".join(f'DELETE FROM "{table}"' for table in filled))
