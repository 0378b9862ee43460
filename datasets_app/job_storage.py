"""Long work on the object store: the inventory, syncs, daily snapshots."""

from __future__ import annotations

from typing import Any

from pixelhub.jobs.base import JobContext, JobError, JobHandler, register
from pixelhub.objects import ObjectStoreError

from .corpus.routing import RoutingInvalid
from .services.backlog import SYNC, sync_run
from .services.inventory import REFRESH, inventory_refresh
from .services.store_snapshots import SNAPSHOT, snapshot_run, snapshot_start
from .services.store_works import store_work_fail


@register
class InventoryRefresh(JobHandler):
    """List the store and write the inventory."""

    kind = REFRESH
    label = "Refresh the inventory"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Refresh; a second run lists again."""
        try:
            return inventory_refresh(ctx=ctx, actor=ctx.job.owner, project=ctx.job.project)
        except (RoutingInvalid, ObjectStoreError) as error:
            raise JobError(str(error)) from None


@register
class StoreSync(JobHandler):
    """Bring a backlog into the store."""

    kind = SYNC
    label = "Sync a backlog"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Sync the work named in the parameters; a second run continues."""
        work = int(ctx.params["work"])
        try:
            return sync_run(work_id=work, ctx=ctx)
        except (JobError, ObjectStoreError) as error:
            store_work_fail(work_id=work, reason=str(error), job=ctx.job)
            raise JobError(str(error)) from None


@register
class StoreSnapshot(JobHandler):
    """Snapshot the releases in the store."""

    kind = SNAPSHOT
    label = "Snapshot the releases"
    queue = "default"

    @classmethod
    def start_daily(cls) -> None:
        """Begin the snapshot of the day."""
        snapshot_start(actor=None, project=None)

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Make the snapshot named in the parameters; a second run takes up what was copied."""
        work = int(ctx.params["work"])
        try:
            return snapshot_run(work_id=work, ctx=ctx)
        except JobError as error:
            store_work_fail(work_id=work, reason=str(error), job=ctx.job)
            raise
