"""Two releases compared by a job; the answer is kept in the object store, because neither of them ever changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from datasets_app.corpus.compare import NotARelease, compare_releases
from datasets_app.models import Release
from pixelhub.canonical import canonical_json
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import ObjectNotFound, get_store

from .errors import ReleaseRefused
from .ingest import StepContext
from .storage import StoreReader

if TYPE_CHECKING:
    from pixelhub.accounts.models import User
    from pixelhub.jobs.models import Job


def comparison_key(old: Release, new: Release) -> str:
    """Return where the comparison is kept."""
    return f"comparisons/{old.project.slug}/{old.manifest_sha256[:24]}-{new.manifest_sha256[:24]}.json"


def comparison_of(old: Release, new: Release) -> dict[str, Any] | None:
    """Return a comparison that was made before, None where there is none."""
    try:
        found: dict[str, Any] = orjson.loads(get_store().read(comparison_key(old, new)))
    except (ObjectNotFound, ValueError):
        return None
    return found


def comparison_start(*, old: Release, new: Release, actor: User | None) -> Job:
    """Queue a comparison, once per pair. Raises ReleaseRefused unless both are published in one project."""
    published = Release.State.PUBLISHED
    if old.pk == new.pk or old.project_id != new.project_id or {old.state, new.state} != {published}:
        raise ReleaseRefused("Two published releases of one project can be compared.")
    return job_enqueue(
        kind="release.compare",
        params={"old": old.pk, "new": new.pk},
        project=old.project,
        owner=actor,
        idempotency_key=f"compare-{old.pk}-{new.pk}",
    )


def comparison_make(*, old_id: int, new_id: int, ctx: StepContext) -> dict[str, Any]:
    """Compare two releases by their bytes and keep the answer. Safe to run again. Raises JobError."""
    old, new = (Release.objects.select_related("project").get(pk=pk) for pk in (old_id, new_id))
    total = old.counts["total"] + new.counts["total"]
    ctx.progress(0, total, unit="records", note="reading both releases")
    store = get_store()
    try:
        found = compare_releases(StoreReader(store, old.object_prefix), StoreReader(store, new.object_prefix))
    except NotARelease as error:
        raise JobError(f"Cannot compare: {error}") from None
    store.put(comparison_key(old, new), canonical_json(found))
    with ctx.step(done=total, total=total, unit="records", note="compared"):
        touch(f"project:{old.project_id}:releases")
    return {"added": found["added"]["count"], "removed": found["removed"]["count"], "moved": found["moved"]["count"]}
