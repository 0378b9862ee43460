"""Identifiers of people: how long a reviewer holds a conversation, how long originals stay."""

from .env import env

__all__ = ["ORIGINALS_KEEP_DAYS", "PII_LEASE_SECONDS"]

# A conversation in review returns to the queue after this long without a sign of life from its reviewer's browser.
PII_LEASE_SECONDS = env.int("PII_LEASE_SECONDS", default=600)
# Uploaded files and quarantines of real people's words are deleted this many days after their review.
ORIGINALS_KEEP_DAYS = env.int("ORIGINALS_KEEP_DAYS", default=30)
