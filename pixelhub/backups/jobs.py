"""The backup of every night."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from pixelhub.backups import sealedkeys
from pixelhub.backups.errors import BackupRefused
from pixelhub.backups.layout import open_place
from pixelhub.backups.services import backup_make
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register


@register
class HubBackup(JobHandler):
    """Back up database and objects to BACKUP_URL and let old backups go."""

    kind = "hub.backup"
    label = "Back up the hub"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Bears repeating: what lies in the place already is not copied again."""
        file = settings.BACKUP_KEYS_PASSPHRASE_FILE
        try:
            report = backup_make(
                place=open_place(),
                actor=ctx.job.owner,
                passphrase=sealedkeys.passphrase_from(file) if file else "",
                say=lambda done, total, note: ctx.progress(done, total or None, unit="objects", note=note),
            )
        except BackupRefused as error:
            raise JobError(str(error)) from None
        ctx.log(f"{report['name']}: {report['objects']} objects, {report['copied']} new, {report['bytes']} bytes")
        if report["warning"]:
            ctx.log(report["warning"])
        return report
