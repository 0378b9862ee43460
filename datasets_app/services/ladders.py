"""Building a stage ladder of a release: a row with its choices, then one job that judges, chooses and publishes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

import msgspec
import orjson
from django.conf import settings
from django.db import transaction

from datasets_app.corpus.engine import CompileError, Input, Progress
from datasets_app.corpus.manifest import MANIFEST as RELEASE_MANIFEST
from datasets_app.corpus.stages import LADDERS, MANIFEST, BuildSettings, StageManifest, build_stages
from datasets_app.models import Release, StageLadder
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_file, sha256_hex
from pixelhub.jobs.base import JobError
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from pixelhub.objects import ObjectNotFound, ObjectStoreError, get_store

from .errors import LadderRefused
from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

BUILD: Final = "ladder.build"
_MAX_SEED: Final = 2**31 - 1
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class LadderChoices:
    """What the person who builds decides; `wanted` 0 is the largest ladder whose shares hold."""

    recipe: str = StageLadder.Recipe.FOUR
    wanted: int = 0
    seed: int = 0
    without_empty_stages: bool = False


def ladders_topic(project_id: int) -> str:
    """What pages about ladders listen to."""
    return f"project:{project_id}:ladders"


def ladder_create(*, release: Release, choices: LadderChoices, actor: User | None) -> StageLadder:
    """Create a ladder of a published release and queue its building.

    Raises LadderRefused for any other release, for choices that cannot be, and for those that were made already: the
    same release and choices give the same bytes.
    """
    _check(release, choices)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=release.project_id)
        same = StageLadder.objects.filter(release=release, **vars(choices)).select_related("job")
        made = next((ladder for ladder in same if ladder.shown_state in ("building", "published")), None)
        if made is not None:
            raise LadderRefused(f"Ladder {made.pk} is built of this release with these choices already.")
        ladder = StageLadder.objects.create(project=release.project, release=release, created_by=actor, **vars(choices))
        ladder.job = job_enqueue(
            kind=BUILD,
            params={"ladder": ladder.pk},
            project=release.project,
            owner=actor,
            idempotency_key=f"ladder-{ladder.pk}",
        )
        ladder.save(update_fields=["job"])
        record(
            action="ladder.create",
            actor=actor,
            project=release.project,
            target=ladder,
            payload={"release": release.version, **vars(choices)},
        )
        touch(ladders_topic(release.project_id))
    return ladder


def _check(release: Release, choices: LadderChoices) -> None:
    if release.state != Release.State.PUBLISHED:
        raise LadderRefused("A ladder is built of a published release.")
    if choices.recipe not in LADDERS:
        raise LadderRefused("A ladder has four stages or seven.")
    if not 0 <= choices.seed <= _MAX_SEED or not 0 <= choices.wanted <= _MAX_SEED:
        raise LadderRefused(f"The seed and the number of records lie between 0 and {_MAX_SEED}.")


def ladder_build(*, ladder_id: int, ctx: StepContext) -> dict[str, Any]:
    """Fetch the train split, build, publish with the manifest last, and publish the row. Safe to run again.

    What was fetched and judged before a kill is kept in the job's folder; the bytes are the same each time.
    Raises JobError when the release is not the one that was published, or no ladder can be built of it.
    """
    ladder = StageLadder.objects.select_related("project", "release", "created_by").get(pk=ladder_id)
    if ladder.state == StageLadder.State.PUBLISHED:
        return {"manifest_sha256": ladder.manifest_sha256}
    StageLadder.objects.filter(pk=ladder.pk).exclude(state=StageLadder.State.PUBLISHED).update(
        state=StageLadder.State.BUILDING, error=""
    )
    source = ctx.workdir / "release" / "shards" / "train"
    _fetch_train(ladder.release, source, ctx)
    publisher = _Publisher(ladder)
    try:
        report = build_stages(
            [_described(ladder.release, source)],
            publisher,
            BuildSettings(
                ladder=cast(Literal["four", "seven"], ladder.recipe),
                seed=ladder.seed,
                total=ladder.wanted or None,
                without_empty_stages=ladder.without_empty_stages,
                routing=str(settings.ROUTING_FILE or ""),
            ),
            workdir=ctx.workdir / "build",
            progress=lambda state: ctx.progress(state.done, state.total, unit=state.unit, note=_note(state)),
        )
    except CompileError as error:
        raise JobError(f"The ladder cannot be built: {error}.") from None
    except FileExistsError:
        raise JobError("Another ladder lies in its place in the object store; nothing there was changed.") from None
    _publish(ladder, publisher, report.manifest, ctx)
    return {"manifest_sha256": publisher.digest, "records": report.manifest.total}


def _note(state: Progress) -> str:
    return "judging" if state.done < state.total else "choosing and writing"


def _described(release: Release, source: Path) -> Input:
    """Stand-ins for what a line does not say; the lines of a release say all of it."""
    return Input(address=str(source), family="mental_health_datasets", name=f"release {release.version}")


class _Publisher:
    """Puts the ladder below a prefix of its own and its manifest, which other code would write otherwise."""

    def __init__(self, ladder: StageLadder) -> None:
        self._ladder = ladder
        self.digest = self.prefix = ""

    def __call__(self, folder: Path) -> None:
        self.digest = sha256_file(folder / MANIFEST)
        self.prefix = f"ladders/{self._ladder.project.slug}/{self._ladder.pk}-{self.digest[:12]}/"
        get_store().publish(self.prefix, {path.name: path for path in folder.iterdir()}, last=MANIFEST)


def _fetch_train(release: Release, folder: Path, ctx: StepContext) -> None:
    """Bring the train shards here, each against its hash in the published manifest. Raises JobError."""
    store, prefix = get_store(), release.object_prefix
    try:
        data = store.read(f"{prefix}{RELEASE_MANIFEST}")
        if sha256_hex(data) != release.manifest_sha256:
            raise JobError(f"The stored manifest of release {release.version} is not the one that was published.")
        entries = [entry for entry in orjson.loads(data)["files"] if entry["split"] == "train"]
        folder.mkdir(parents=True, exist_ok=True)
        for done, entry in enumerate(entries):
            ctx.progress(done, len(entries), unit="files", note="fetching the train split")
            target = folder / Path(entry["path"]).name
            if not target.is_file() or sha256_file(target) != entry["sha256"]:
                _fetch(f"{prefix}{entry['path']}", target, entry["sha256"])
    except (ObjectNotFound, ObjectStoreError) as error:
        raise JobError(f"The release cannot be read: {error}.") from None


def _fetch(key: str, target: Path, expected: str) -> None:
    digest = hashlib.sha256()
    with get_store().open(key) as stream, target.open("wb") as sink:
        while chunk := stream.read(_CHUNK):
            sink.write(chunk)
            digest.update(chunk)
    if digest.hexdigest() != expected:
        raise JobError(f"{key} is not the file that was published.")


def _publish(ladder: StageLadder, publisher: _Publisher, manifest: StageManifest, ctx: StepContext) -> None:
    with ctx.step(done=manifest.total, total=manifest.total, unit="records", note="published"):
        changed = StageLadder.objects.filter(pk=ladder.pk, state=StageLadder.State.BUILDING).update(
            state=StageLadder.State.PUBLISHED,
            object_prefix=publisher.prefix,
            manifest_sha256=publisher.digest,
            manifest=msgspec.to_builtins(manifest),
        )
        if changed:
            record(
                action="ladder.publish",
                actor=ladder.created_by,
                project=ladder.project,
                target=ladder,
                payload={
                    "release": ladder.release.version,
                    "recipe": ladder.recipe,
                    "manifest_sha256": publisher.digest,
                    "records": manifest.total,
                    "rejected": manifest.rejected,
                    "ratios_hold": manifest.ratios_hold,
                },
            )
            touch(ladders_topic(ladder.project_id))


def ladder_fail(*, ladder_id: int, reason: str) -> None:
    """Note why a ladder could not be built; a published one is never touched."""
    with transaction.atomic():
        changed = (
            StageLadder.objects.filter(pk=ladder_id)
            .exclude(state=StageLadder.State.PUBLISHED)
            .update(state=StageLadder.State.FAILED, error=reason[:2000])
        )
        if not changed:
            return
        ladder = StageLadder.objects.select_related("project", "release", "created_by").get(pk=ladder_id)
        record(
            action="ladder.fail",
            actor=ladder.created_by,
            project=ladder.project,
            target=ladder,
            payload={"release": ladder.release.version, "reason": reason[:500]},
        )
        touch(ladders_topic(ladder.project_id))
