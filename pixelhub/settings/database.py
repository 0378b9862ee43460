"""SQLite by default, PostgreSQL by DATABASE_URL.

SQLite runs in WAL with IMMEDIATE transactions, a 30 s busy timeout and synchronous FULL: the settings under which
20 processes of read-then-write transactions saw no "database is locked" and lost nothing (design/reliability.md).
"""

from typing import Any

from .base import VAR_DIR
from .env import env

__all__ = ["DATABASES"]

_database: dict[str, Any] = dict(env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'hub.sqlite3'}"))

if _database["ENGINE"] == "django.db.backends.sqlite3":
    _database["ENGINE"] = "pixelhub.sqlite"
    if _database["NAME"] != ":memory:":
        VAR_DIR.mkdir(parents=True, exist_ok=True)
    # A page's thread keeps its connection (pixelhub/pages.py): closing the last of all writes the whole log back.
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-20000;"
        ),
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    _database["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)

DATABASES = {"default": _database}
