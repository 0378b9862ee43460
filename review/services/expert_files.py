"""Expert sets as files: taken out with their manifest, and brought in row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from datasets_app.corpus.expertset.choosing import LEAST_SIZE, MOST_SIZE, share_problem
from datasets_app.corpus.expertset.files import (
    FileProblem,
    ReadSet,
    RefusedRow,
    check_against,
    read_examples,
    read_manifest,
)
from datasets_app.corpus.expertset.line import ExpertExample as Line
from datasets_app.corpus.expertset.line import ExpertManifest
from datasets_app.corpus.pii import scan
from datasets_app.corpus.taxonomy import Source
from datasets_app.models import Record
from datasets_app.selectors import usable_records
from datasets_app.services import conversations_reserve
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record, record_access
from pixelhub.canonical import sha256_file, sha256_hex
from pixelhub.live.services import touch
from review.expertsets.pool import published_releases
from review.expertsets.writing import SetFiles, set_files
from review.models import ExampleDecision, ExpertExample, ExpertRating, ExpertSet
from review.models.expert_sets import MOST_RATERS
from review.refusal import Refused
from review.services.expert_sets import HELD_BECAUSE, MAX_NAME
from review.shards import release_lines, release_manifest
from review.topics import expert_sets_topic, touch_review
from review.wording import checked_text

__all__ = ["ImportedSet", "expert_set_export", "expert_set_import"]


@dataclass(frozen=True, slots=True)
class ImportedSet:
    """What an import made: the set, and the rows that were refused with their reasons. Nothing is lost in between."""

    expert_set: ExpertSet
    taken: int
    refused: tuple[RefusedRow, ...]


def expert_set_export(*, expert_set: ExpertSet, actor: User | None, with_words: bool = True) -> SetFiles:
    """The set's two files; taking them out is an event, and so are the words in them, which the person must be let see.

    `with_words`: the examples are taken, not the manifest alone.
    Raises Refused where a frozen set's rows no longer give the file that was frozen.
    """
    if actor is not None:
        require(actor, expert_set.project, Capability.RAWTEXT_VIEW)
    files = set_files(expert_set)
    if files.altered:
        raise Refused("The rows of this set are no longer what was frozen; it is not given out.")
    with transaction.atomic():
        record(
            action="expert_set.export",
            actor=actor,
            project=expert_set.project,
            target=expert_set,
            payload={"sha256": files.manifest.file.sha256, "examples": files.manifest.file.lines},
        )
        if with_words:
            record_access(
                actor=actor, project=expert_set.project, target=expert_set, examples=files.manifest.file.lines
            )
    return files


def expert_set_import(
    *,
    project: Project,
    actor: User | None,
    path: Path,
    manifest_path: Path | None = None,
    name: str = "",
    raters: int = 2,
) -> ImportedSet:
    """Bring a set in. Rows that cannot be taken are named with the reason, the others are kept.

    With a manifest the file must be the one it names; a frozen set of which every row was taken is frozen here as
    well, and gives the same bytes when it is exported again. Without one, or with rows refused, the set is open.
    All its conversations are held out of training from now on; a row that a release of this project trains on is
    refused. Raises Refused where nothing can be taken, or the version is here already.
    """
    if actor is not None:
        require(actor, project, Capability.CAMPAIGN_MANAGE)
        require(actor, project, Capability.RAWTEXT_VIEW)
    try:
        manifest = read_manifest(manifest_path) if manifest_path else None
        found = read_examples(path)
        if manifest is not None:
            check_against(manifest, path, [line for _, line in found.examples])
    except FileProblem as problem:
        raise Refused(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from None
    releases = published_releases(project)
    _refuse_trained(found, project)
    _refuse_identifiers(found, project)
    lines = [line for _, line in found.examples]
    if not lines:
        raise Refused(f"No row of the file can be taken: {_reasons(found.refused)}.")
    if len(lines) > MOST_SIZE:
        raise Refused(f"An expert set holds at most {MOST_SIZE:,} conversations.")
    name = checked_text(name or (manifest.name if manifest else ""), name="Name", longest=MAX_NAME, required=True)
    digest = sha256_file(path)
    try:
        with transaction.atomic():
            if [one.pk for one in published_releases(project)] != [one.pk for one in releases]:
                raise Refused("A release was compiled meanwhile; bring the set in again.")
            made = _insert(project, actor, name, raters, manifest, lines, digest)
            if manifest is not None and manifest.frozen and not found.refused and name == manifest.name:
                _freeze(made, manifest, actor)
            _note(made, actor, digest, found)
    except IntegrityError:
        raise Refused("This version of the set is here already.") from None
    return ImportedSet(made, len(lines), tuple(found.refused))


def _insert(
    project: Project,
    actor: User | None,
    name: str,
    raters: int,
    manifest: ExpertManifest | None,
    lines: Sequence[Line],
    digest: str,
) -> ExpertSet:
    last = ExpertSet.objects.filter(project=project, name=name).aggregate(last=Max("version"))["last"] or 0
    asked: Any = manifest.params.get("raters") if manifest else raters
    made = ExpertSet.objects.create(
        project=project,
        name=name,
        version=manifest.version if manifest and name == manifest.name else last + 1,
        trial=len(lines) < LEAST_SIZE,
        raters=asked if isinstance(asked, int) and 1 <= asked <= MOST_RATERS else raters,
        params={key: value for key, value in manifest.params.items() if key != "raters"}
        if manifest
        else {"file_sha256": digest},
        excluded=manifest.excluded if manifest else {},
        created_by=actor,
    )
    known = dict(
        Record.objects.filter(project=project, content_hash__in=[line.content_hash for line in lines]).values_list(
            "content_hash", "pk"
        )
    )
    rows = [_example(made, place, line, known.get(line.content_hash)) for place, line in enumerate(lines, start=1)]
    ExpertExample.objects.bulk_create(rows, batch_size=200)
    ratings = [
        ExpertRating(example=row, **(msgspec.to_builtins(rating)))
        for row, line in zip(rows, lines, strict=True)
        for rating in line.ratings
    ]
    ExpertRating.objects.bulk_create(ratings, batch_size=500)
    decisions = [
        ExampleDecision(example=row, **msgspec.to_builtins(line.decision))
        for row, line in zip(rows, lines, strict=True)
        if line.decision is not None
    ]
    ExampleDecision.objects.bulk_create(decisions, batch_size=500)
    conversations_reserve(
        project=project, hashes=[line.content_hash for line in lines], reason=HELD_BECAUSE, actor=actor
    )
    return made


def _example(made: ExpertSet, place: int, line: Line, record_id: int | None) -> ExpertExample:
    return ExpertExample(
        expert_set=made,
        position=place,
        record_id=record_id,
        external_id=line.id,
        content_hash=line.content_hash,
        messages=msgspec.to_builtins(line.conversation),
        source=line.source,
        is_edge_case=line.is_edge_case,
        edge_case_kind=line.edge_case_kind,
        facts=line.metadata,
    )


def _freeze(made: ExpertSet, manifest: ExpertManifest, actor: User | None) -> None:
    """A frozen set stays frozen, where what is kept of it gives its bytes again and holds what a frozen one must."""
    kept = set_files(made)
    if sha256_hex(kept.lines) != manifest.file.sha256:
        raise Refused("The file is not in the form in which this hub writes it; bring it in without its manifest.")
    labels = [kind for kind, count in kept.manifest.counts.types.items() if kind != "unsettled" for _ in range(count)]
    problem = share_problem(labels)
    if problem:
        raise Refused(f"By the experts' labels {problem}.")
    made.state, made.sha256 = ExpertSet.State.FROZEN, manifest.file.sha256
    made.manifest = msgspec.to_builtins(manifest)
    made.trial = manifest.trial
    made.frozen_by, made.frozen_at = actor, timezone.now()
    made.save(update_fields=["state", "sha256", "manifest", "trial", "frozen_by", "frozen_at"])


def _note(made: ExpertSet, actor: User | None, digest: str, found: ReadSet) -> None:
    record(
        action="expert_set.import",
        actor=actor,
        project=made.project,
        target=made,
        payload={
            "version": made.version,
            "file_sha256": digest,
            "taken": len(found.examples),
            "refused": len(found.refused),
            "frozen": made.is_frozen,
        },
    )
    touch(expert_sets_topic(made.project_id))
    touch_review(made.project)


def _refuse_trained(found: ReadSet, project: Project) -> None:
    """Rows that lie in the training or validation split of a release are no test of what it trained."""
    waiting = {line.content_hash: raw for raw, line in found.examples}
    trained: dict[str, str] = {}
    for release in published_releases(project):
        for split, line in release_lines(release, release_manifest(release)):
            key = line["metadata"]["content_hash"]
            if split != "test" and key in waiting:
                trained.setdefault(key, release.version)
    for key, version in trained.items():
        found.refuse(waiting[key], "in_training", f"release {version} of this project trains on it")
    found.examples = [(raw, line) for raw, line in found.examples if line.content_hash not in trained]
    found.refused.sort(key=lambda row: row.line)


def _refuse_identifiers(found: ReadSet, project: Project) -> None:
    """Real people's words come in through the review of identifiers; those it must ask about stay out."""
    hashes = [line.content_hash for _, line in found.examples]
    settled = set(usable_records(project).filter(content_hash__in=hashes).values_list("content_hash", flat=True))
    kept = []
    for raw, line in found.examples:
        if line.source == Source.REAL and line.content_hash not in settled:
            count = len(scan(msgspec.to_builtins(line.conversation)))
            if count:
                found.refuse(
                    raw, "identifiers", f"{count} in a real person's words; import and review the conversation"
                )
                continue
        kept.append((raw, line))
    found.examples = kept
    found.refused.sort(key=lambda row: row.line)


def _reasons(refused: Sequence[RefusedRow]) -> str:
    counts: dict[str, int] = {}
    for row in refused:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items())) or "there is none"
