"""Identifiers and words of people: how long a reviewer holds them, how long originals stay, what seals sessions."""

from pathlib import Path

from .base import VAR_DIR
from .env import env

__all__ = ["ORIGINALS_KEEP_DAYS", "PII_LEASE_SECONDS", "SESSION_TEXT_KEY_FILE"]

# A conversation in review returns to the queue after this long without a sign of life from its reviewer's browser.
PII_LEASE_SECONDS = env.int("PII_LEASE_SECONDS", default=600)
# Uploaded files and quarantines of real people's words are deleted this many days after their review.
ORIGINALS_KEEP_DAYS = env.int("ORIGINALS_KEEP_DAYS", default=30)
# Seals the words that a session holds in the database; every process that serves sessions needs the same file.
SESSION_TEXT_KEY_FILE = Path(env("SESSION_TEXT_KEY_FILE", default=str(VAR_DIR / "keys" / "session_text")))
