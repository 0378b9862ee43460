"""The same databases of their own as the workers' tests."""

from tests.jobs.conftest import postgres_template, rig, rig_database, sqlite_template

__all__ = ["postgres_template", "rig", "rig_database", "sqlite_template"]
