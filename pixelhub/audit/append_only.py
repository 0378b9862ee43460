"""A migration step that makes a table append-only: triggers refuse UPDATE and DELETE, on both databases."""

from typing import Any

from django.db import migrations


def append_only(table: str, *, what: str) -> migrations.RunPython:
    """The step for `table`; `what` names its rows in the error ("audit events are append-only").

    Both arguments come from migration files, never from input.
    """

    def create(apps: Any, schema_editor: Any) -> None:
        for statement in _create_statements(schema_editor.connection.vendor, table, what):
            schema_editor.execute(statement)

    def drop(apps: Any, schema_editor: Any) -> None:
        for statement in _drop_statements(schema_editor.connection.vendor, table):
            schema_editor.execute(statement)

    return migrations.RunPython(create, drop)


def _create_statements(vendor: str, table: str, what: str) -> list[str]:
    refusal = f"{what} are append-only"
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            for act in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]


def _drop_statements(vendor: str, table: str) -> list[str]:
    if vendor == "sqlite":
        return [f"DROP TRIGGER {table}_no_update", f"DROP TRIGGER {table}_no_delete"]
    return [f"DROP TRIGGER {table}_no_change ON {table}", f"DROP FUNCTION {table}_refuse()"]
