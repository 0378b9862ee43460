"""Where objects and static files lie."""

from pathlib import Path

from .base import BASE_DIR, VAR_DIR
from .env import env

__all__ = [
    "IMPORT_STORES",
    "INVENTORY_COUNT_BYTES",
    "OBJECT_STORE_ATTEMPTS",
    "OBJECT_STORE_ENDPOINT",
    "OBJECT_STORE_REGION",
    "OBJECT_STORE_TIMEOUT",
    "OBJECT_STORE_URL",
    "ROUTING_FILE",
    "SIGNING_KEY_FILE",
    "SIGNING_PUBLIC_KEY_FILE",
    "SNAPSHOT_KEEP_DAILY",
    "SNAPSHOT_KEEP_WEEKLY",
    "SNAPSHOT_PREFIXES",
    "SNAPSHOT_STORE_URL",
    "STATICFILES_DIRS",
    "STATIC_ROOT",
    "STATIC_URL",
    "STORAGES",
    "SYNC_SOURCES",
    "WHITENOISE_AUTOREFRESH",
    "WHITENOISE_USE_FINDERS",
]

# file:///folder or s3://bucket/prefix; keys by the usual AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
OBJECT_STORE_URL = env("OBJECT_STORE_URL", default=f"file://{VAR_DIR / 'objects'}")
OBJECT_STORE_ENDPOINT = env("OBJECT_STORE_ENDPOINT", default="")
OBJECT_STORE_REGION = env("OBJECT_STORE_REGION", default="us-east-1")
# How often a request is sent before its failure is believed, and how long an answer may take.
OBJECT_STORE_ATTEMPTS = env.int("OBJECT_STORE_ATTEMPTS", default=6)
OBJECT_STORE_TIMEOUT = env.float("OBJECT_STORE_TIMEOUT", default=60.0)

# Where people may import from with the operator's keys: s3://bucket/prefix, comma separated. None: the parts of the
# hub's own store that belong to every project.
IMPORT_STORES = env.list("IMPORT_STORES", default=[])

# Which paths belong to which family; empty for datasets_app/corpus/routing.toml.
ROUTING_FILE = env("ROUTING_FILE", default="")
# The inventory counts lines itself where a family's JSONL files together are not larger than this.
INVENTORY_COUNT_BYTES = env.int("INVENTORY_COUNT_BYTES", default=64 << 20)
# What a data engineer may sync in the browser: {"name": {"source": "remote:path", "target": "gdrive/processed/"}}.
SYNC_SOURCES = env.json("SYNC_SOURCES", default={})
# Daily snapshots: of what, where to (empty: the same store, below daily/), and how many stay.
SNAPSHOT_PREFIXES = env.list("SNAPSHOT_PREFIXES", default=["releases/", "exports/", "final_dataset/"])
SNAPSHOT_STORE_URL = env("SNAPSHOT_STORE_URL", default="")
SNAPSHOT_KEEP_DAILY = env.int("SNAPSHOT_KEEP_DAILY", default=7)
SNAPSHOT_KEEP_WEEKLY = env.int("SNAPSHOT_KEEP_WEEKLY", default=4)

# The hub signs with the private key; a serving process needs the public one only.
SIGNING_KEY_FILE = Path(env("SIGNING_KEY_FILE", default=str(VAR_DIR / "keys" / "signing.pem")))
SIGNING_PUBLIC_KEY_FILE = Path(env("SIGNING_PUBLIC_KEY_FILE", default=str(VAR_DIR / "keys" / "signing.pub")))

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
# `make run` must start without a collectstatic step; production runs collectstatic and switches this off.
WHITENOISE_USE_FINDERS = env.bool("STATIC_FROM_SOURCE", default=True)
# A file that was edited since the start would otherwise be sent with its old length.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS
_static_backend = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if WHITENOISE_USE_FINDERS
    else "pixelhub.staticstorage.ModuleManifestStorage"
)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": _static_backend},
}
