"""System checks of the datasets app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from datasets_app.corpus.routing import RoutingInvalid, load_routing
from pixelhub.objects import is_place


@register()
def upload_limit_is_positive(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The largest upload must be a positive number of bytes."""
    if settings.UPLOAD_MAX_BYTES > 0:
        return []
    return [
        Error(
            "UPLOAD_MAX_BYTES must be positive, or no file can be imported in the browser.",
            hint="Leave it out for the default.",
            id="datasets_app.E001",
        )
    ]


@register()
def days_and_leases_are_sane(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Originals cannot be kept for a negative time, nor a conversation held for none."""
    found: list[CheckMessage] = []
    if settings.ORIGINALS_KEEP_DAYS < 0:
        found.append(
            Error("ORIGINALS_KEEP_DAYS must be 0 or more.", hint="0: as soon as a review ends.", id="datasets_app.E010")
        )
    if settings.PII_LEASE_SECONDS < 30:
        found.append(
            Error(
                "PII_LEASE_SECONDS must be 30 or more, or two reviewers get the same conversation.",
                hint="Leave it out for the default.",
                id="datasets_app.E011",
            )
        )
    return found


@register(Tags.security, deploy=True)
def originals_are_purged(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The promise to delete originals needs something that does it."""
    if "dataset.purge_originals" in settings.JOBS_DAILY:
        return []
    return [
        Warning(
            "Nothing here deletes originals of real data after ORIGINALS_KEEP_DAYS.",
            hint='Add "dataset.purge_originals": "03:10" to JOBS_DAILY, or run purge_originals from cron every day.',
            id="datasets_app.W012",
        )
    ]


@register()
def routing_table_is_clear(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The operator's own routing table must be one that can be followed."""
    if not settings.ROUTING_FILE:
        return []
    try:
        load_routing(Path(settings.ROUTING_FILE))
    except RoutingInvalid as invalid:
        hint = "See docs/storage.md; leave ROUTING_FILE out for the table that comes with the hub."
        return [Error(f"ROUTING_FILE: {invalid}", hint=hint, id="datasets_app.E002")]
    return []


@register()
def sync_sources_name_source_and_target(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every configured source must say where it is and where it goes."""
    hint = 'Write SYNC_SOURCES as {"name": {"source": "remote:path", "target": "gdrive/processed/"}}.'
    return [
        Error(f"The source {name!r} of SYNC_SOURCES is incomplete.", hint=hint, id="datasets_app.E003")
        for name, entry in settings.SYNC_SOURCES.items()
        if not (isinstance(entry, dict) and all(isinstance(entry.get(part), str) for part in ("source", "target")))
    ]


@register()
def import_stores_are_addresses(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every place that imports may read from must be a bucket, perhaps with a prefix."""
    hint = "Write IMPORT_STORES as s3://bucket/prefix,s3://other-bucket; leave it out for the hub's own store."
    return [
        Error(f"Entry {number} of IMPORT_STORES is not an s3:// address.", hint=hint, id="datasets_app.E004")
        for number, place in enumerate(settings.IMPORT_STORES, start=1)
        if not is_place(place)
    ]
