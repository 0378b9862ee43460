"""Triggers that refuse UPDATE and DELETE on sign-offs, on both databases."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER review_signoff_no_update BEFORE UPDATE ON review_signoff
       BEGIN SELECT RAISE(ABORT, 'sign-offs are append-only'); END""",
    """CREATE TRIGGER review_signoff_no_delete BEFORE DELETE ON review_signoff
       BEGIN SELECT RAISE(ABORT, 'sign-offs are append-only'); END""",
]
SQLITE_REVERSE = ["DROP TRIGGER review_signoff_no_update", "DROP TRIGGER review_signoff_no_delete"]
POSTGRESQL = [
    """CREATE FUNCTION review_signoff_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'sign-offs are append-only'; END $$""",
    """CREATE TRIGGER review_signoff_no_change BEFORE UPDATE OR DELETE ON review_signoff
       FOR EACH ROW EXECUTE FUNCTION review_signoff_append_only()""",
]
POSTGRESQL_REVERSE = [
    "DROP TRIGGER review_signoff_no_change ON review_signoff",
    "DROP FUNCTION review_signoff_append_only()",
]


def _run(schema_editor, by_vendor):
    for statement in by_vendor[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def create(apps, schema_editor):
    _run(schema_editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def drop(apps, schema_editor):
    _run(schema_editor, {"sqlite": SQLITE_REVERSE, "postgresql": POSTGRESQL_REVERSE})


class Migration(migrations.Migration):
    dependencies = [("review", "0002_initial")]
    operations = [migrations.RunPython(create, drop)]
