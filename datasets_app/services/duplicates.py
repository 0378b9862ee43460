"""Searching a project's records for duplicates: one job, repeatable, in bounded memory. It changes no record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from django.db import transaction
from django.db.models import Q, QuerySet

from datasets_app.corpus import taxonomy
from datasets_app.corpus.dedup.finder import Entry, Finder, Found
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD, text_of
from datasets_app.corpus.dedup.priority import rank
from datasets_app.models import DuplicatePair, DuplicateSearch, Record, SnapshotLabel
from datasets_app.selectors_duplicates import pairs_beyond, previous_search, protected_ids
from pixelhub.accounts.models import Project
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

from .errors import DuplicatesRefused
from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

_CHUNK: Final = 500
_DIGEST_CHARS: Final = 32
_FIELDS: Final = ("pk", "content_hash", "record_hash", "stage", "source", "proposed_type", "is_edge_case", "messages")


def duplicates_topic(project_id: int) -> str:
    """What pages about duplicates listen to."""
    return f"project:{project_id}:duplicates"


def duplicates_search(*, project: Project, actor: User | None, threshold: float = DEFAULT_THRESHOLD) -> DuplicateSearch:
    """Queue a search over the project's active records.

    Raises DuplicatesRefused for a threshold outside 0.5 to 1, or while another search of the project is open.
    """
    if not 0.5 <= threshold <= 1.0:
        raise DuplicatesRefused("The threshold must lie between 0.5 and 1.")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if any(search.is_open for search in _latest(project)):
            raise DuplicatesRefused("A search for duplicates is running already; wait for it or cancel it.")
        search = DuplicateSearch.objects.create(project=project, threshold=threshold, created_by=actor)
        search.job = job_enqueue(
            kind="dataset.duplicates",
            params={"search": search.pk},
            project=project,
            owner=actor,
            idempotency_key=f"duplicates-{search.pk}",
        )
        search.save(update_fields=["job"])
        record(
            action="duplicates.search", actor=actor, project=project, target=search, payload={"threshold": threshold}
        )
        touch(duplicates_topic(project.pk))
    return search


def _latest(project: Project) -> QuerySet[DuplicateSearch]:
    return DuplicateSearch.objects.filter(project=project).select_related("job").order_by("-pk")[:5]


def duplicates_run(*, search_id: int, ctx: StepContext) -> dict[str, Any]:
    """Do the search: read the records once, compare, write the pairs. Safe to run again from its start."""
    search = DuplicateSearch.objects.select_related("project", "created_by").get(pk=search_id)
    if search.state == DuplicateSearch.State.DONE:
        return search.counts
    with ctx.step():
        DuplicateSearch.objects.filter(pk=search.pk).update(state=DuplicateSearch.State.RUNNING, error="")
        DuplicatePair.objects.filter(search=search).delete()
        touch(duplicates_topic(search.project_id))
    records = Record.objects.filter(project=search.project, state=Record.State.ACTIVE)
    total = records.count()
    with Finder(ctx.workdir / "duplicates", threshold=search.threshold) as finder:
        done = 0
        for chunk in _chunks(records):
            finder.add(_entries(chunk))
            done += len(chunk)
            ctx.progress(done, total, unit="records", note="reading")
        found = finder.finish(_texts, lambda stage, part, parts: ctx.progress(done, total, note=f"comparing: {stage}"))
        _write_pairs(search, found, ctx)
        return _finish(search, found, total, ctx)


def duplicates_fail(*, search_id: int, reason: str) -> None:
    """Note why a search ended without a result."""
    DuplicateSearch.objects.filter(pk=search_id).exclude(state=DuplicateSearch.State.DONE).update(
        state=DuplicateSearch.State.FAILED, error=reason
    )


def _chunks(records: QuerySet[Record]) -> Iterator[list[dict[str, Any]]]:
    last = 0
    while chunk := list(records.filter(pk__gt=last).order_by("pk").values(*_FIELDS)[:_CHUNK]):
        last = chunk[-1]["pk"]
        yield chunk


def _entries(chunk: Sequence[dict[str, Any]]) -> list[Entry]:
    ids = [row["pk"] for row in chunk]
    labels = dict(SnapshotLabel.objects.filter(record_id__in=ids).values_list("record_id", "is_edge_case"))
    protected = protected_ids(ids)
    entries = []
    for row in chunk:
        digest = row["content_hash"].removeprefix("sha256:")
        entries.append(
            Entry(
                key=row["pk"],
                digest=bytes.fromhex(digest[:_DIGEST_CHARS]),
                identity=bytes.fromhex(row["record_hash"][:_DIGEST_CHARS]),
                rank=rank(
                    stage=row["stage"],
                    labelled=row["pk"] in labels or bool(row["proposed_type"]),
                    source=row["source"],
                    raw_sha256=digest,
                ),
                protected=row["pk"] in protected,
                text=text_of(row["messages"]),
            )
        )
    return entries


def _texts(keys: npt.NDArray[np.uint64]) -> Iterator[tuple[int, str]]:
    for start in range(0, len(keys), _CHUNK):
        wanted = keys[start : start + _CHUNK].tolist()
        for key, messages in Record.objects.filter(pk__in=wanted).values_list("pk", "messages"):
            yield key, text_of(messages)


def _write_pairs(search: DuplicateSearch, found: Found, ctx: StepContext) -> None:
    pairs = (
        DuplicatePair(search=search, copy_id=copy, kept_id=kept, kind=pair.kind, similarity=round(pair.similarity, 6))
        for copy, kept, pair in found.copies()
    )
    while chunk := list(islice(pairs, _CHUNK)):
        decided = _kept_before(search, chunk)
        for pair in chunk:
            if decider := decided.get(frozenset((pair.copy_id, pair.kept_id))):
                pair.decision, pair.decided_by_id = DuplicatePair.Decision.KEEP, decider
        with ctx.step():
            DuplicatePair.objects.bulk_create(chunk)


def _kept_before(search: DuplicateSearch, chunk: Sequence[DuplicatePair]) -> dict[frozenset[int], int]:
    """Pairs of which somebody said before that both stay: nobody is asked twice."""
    ids = [number for pair in chunk for number in (pair.copy_id, pair.kept_id)]
    decided = DuplicatePair.objects.filter(
        search__project=search.project_id,
        search__pk__lt=search.pk,
        decision=DuplicatePair.Decision.KEEP,
        decided_by__isnull=False,
        copy__in=ids,
        kept__in=ids,
    ).values_list("copy_id", "kept_id", "decided_by_id")
    return {frozenset((copy, kept)): int(decider) for copy, kept, decider in decided if decider is not None}


def _finish(search: DuplicateSearch, found: Found, total: int, ctx: StepContext) -> dict[str, Any]:
    share = found.near / total if total else 0.0
    counts: dict[str, Any] = {
        "records": total,
        "near": found.near,
        "record_hash": found.record_hash,
        "protected": found.protected,
        "clusters": found.clusters,
        "share": round(share, 6),
        "meets_corpus_target": share < taxonomy.DUPLICATES_IN_CORPUS,
        "meets_release_target": share < taxonomy.DUPLICATES_IN_RELEASE,
        "decided_before": search.pairs.filter(decision=DuplicatePair.Decision.KEEP).count(),
    }
    before = previous_search(search)
    if before is not None:
        gone = pairs_beyond(before, search)
        withdrawn = gone.filter(Q(copy__state=Record.State.WITHDRAWN) | Q(kept__state=Record.State.WITHDRAWN)).count()
        counts |= {
            "previous": before.pk,
            "new": pairs_beyond(search, before).count(),
            "gone": gone.count(),
            "gone_withdrawn": withdrawn,
        }
    with ctx.step(done=total, total=total, unit="records"):
        changed = (
            DuplicateSearch.objects.filter(pk=search.pk)
            .exclude(state=DuplicateSearch.State.DONE)
            .update(state=DuplicateSearch.State.DONE, counts=counts)
        )
        if changed:
            record(
                action="duplicates.found",
                actor=search.created_by,
                project=search.project,
                target=search,
                payload={name: value for name, value in counts.items() if isinstance(value, int)},
            )
            touch(duplicates_topic(search.project_id))
    return counts
