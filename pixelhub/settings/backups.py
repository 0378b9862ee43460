"""Where backups lie, how many stay, and what a restored hub is checked for (docs/backup.md)."""

from .env import env

__all__ = [
    "BACKUP_AT",
    "BACKUP_CHECKS",
    "BACKUP_KEEP_DAILY",
    "BACKUP_KEEP_MONTHLY",
    "BACKUP_KEEP_WEEKLY",
    "BACKUP_KEYS_PASSPHRASE_FILE",
    "BACKUP_PG_PROGRAMS",
    "BACKUP_URL",
]

# file:///folder (of another disk) or s3://bucket/prefix. Empty: no backups are made.
BACKUP_URL = env("BACKUP_URL", default="")
# When the workers make one, UTC; empty where something else does (cron, the chart's CronJob).
BACKUP_AT = env("BACKUP_AT", default="01:30")
BACKUP_KEEP_DAILY = env.int("BACKUP_KEEP_DAILY", default=7)
BACKUP_KEEP_WEEKLY = env.int("BACKUP_KEEP_WEEKLY", default=4)
BACKUP_KEEP_MONTHLY = env.int("BACKUP_KEEP_MONTHLY", default=6)
# With it backups hold the key files, encrypted under this file's passphrase.
BACKUP_KEYS_PASSPHRASE_FILE = env("BACKUP_KEYS_PASSPHRASE_FILE", default="")
# The folder of pg_dump and pg_restore, where those on the PATH are older than the server.
BACKUP_PG_PROGRAMS = env("BACKUP_PG_PROGRAMS", default="")
# Asked of a restored hub, in this order; dotted names, since nothing points up. Each answers what it checked, how many
# there were, and what is wrong.
BACKUP_CHECKS = [
    "pixelhub.backups.checks.audit_trail",
    "datasets_app.restored.releases",
    "datasets_app.restored.snapshots_and_imports",
    "review.restored.signoffs",
]
