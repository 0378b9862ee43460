"""Expert sets: drawn by a seed from what no model was trained on, held out for good, frozen under a digest."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from datasets_app.corpus.expertset.choosing import (
    DEFAULT_CRISIS,
    LEAST_SIZE,
    LEAST_TRIAL,
    MOST_SIZE,
    Chosen,
    TooFew,
    asked_by_type,
    choose,
    share_problem,
)
from datasets_app.corpus.expertset.files import encode_lines
from datasets_app.corpus.expertset.outcome import Standing
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, NONE_TYPE, SIX_TYPES
from datasets_app.models import Record, Release
from datasets_app.services import conversations_reserve
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.canonical import sha256_hex
from pixelhub.jobs.models import Job
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch
from review.expertsets.pool import REASONS, Pool, pool_of, published_releases
from review.expertsets.writing import line_of, manifest_of
from review.models import ExpertExample, ExpertSet
from review.models.expert_sets import KIND, MOST_RATERS, example_rows
from review.refusal import Refused
from review.topics import expert_sets_topic, touch_review
from review.wording import checked_text

__all__ = ["HELD_BECAUSE", "KIND", "expert_set_draw", "expert_set_freeze", "expert_set_request", "set_open"]

HELD_BECAUSE: Final = "of an expert validation set"
MAX_NAME: Final = 80
_MOST_SEED: Final = 2**32 - 1
Progress = Callable[[int, int | None, str], None]


def expert_set_request(
    *,
    project: Project,
    actor: User,
    name: str,
    size: int,
    crisis_share: float = DEFAULT_CRISIS,
    raters: int = 2,
    seed: int | None = None,
) -> Job:
    """Queue a draw. Raises Refused at once for what can't be; what is missing from the project the job says."""
    require(actor, project, Capability.CAMPAIGN_MANAGE)
    name, seed = _checked(project, name, size, crisis_share, raters, seed)
    published_releases(project)
    wish = {"name": name, "size": size, "crisis_share": crisis_share, "raters": raters, "seed": seed}
    with transaction.atomic():
        job = job_enqueue(kind=KIND, params=wish | {"request": uuid.uuid4().hex}, project=project, owner=actor)
        touch(expert_sets_topic(project.pk))
    return job


def expert_set_draw(
    *,
    project: Project,
    actor: User,
    name: str,
    size: int,
    crisis_share: float = DEFAULT_CRISIS,
    raters: int = 2,
    seed: int | None = None,
    within: Release | None = None,
    request: str = "",
    progress: Progress = lambda done, total, note: None,
) -> ExpertSet:
    """Draw a set and hold its conversations out of all training from now on. The same data and seed draw the same.

    A name that is taken gets its next version. `within` draws from the test split of one release alone; `request`
    names who asked: asked again, the set that is there is returned. Below 500 conversations it is a trial and says so.
    Raises Refused, saying how many of which are missing, where the project does not hold enough.
    """
    require(actor, project, Capability.CAMPAIGN_MANAGE)
    name, seed = _checked(project, name, size, crisis_share, raters, seed)
    if request and (made := ExpertSet.objects.filter(project=project, params__request=request).first()):
        return made
    pool = pool_of(project, seed=seed, within=within, progress=progress)
    progress(0, None, "choosing")
    candidates = [member.candidate for member in pool.members.values()]
    try:
        chosen = choose(candidates, size=size, crisis_share=crisis_share, seed=seed, apart=pool)
    except TooFew as problem:
        raise Refused(_too_few(problem, pool)) from None
    params = {
        "seed": seed,
        "size": size,
        "crisis_share": crisis_share,
        "asked": chosen.asked,
        "found": chosen.found,
        "within": within.version if within else "",
        "releases": [{"version": one.version, "manifest_sha256": one.manifest_sha256} for one in pool.releases],
        "request": request,
    }
    try:
        return _insert(project, actor, name, raters, params, chosen, pool)
    except IntegrityError:
        raise Refused("Somebody drew a version of this name at the same moment; draw again.") from None


@transaction.atomic
def _insert(
    project: Project,
    actor: User,
    name: str,
    raters: int,
    params: dict[str, Any],
    chosen: Chosen,
    pool: Pool,
) -> ExpertSet:
    # Whatever was compiled since the pool was read may train on what was chosen.
    if [one.pk for one in published_releases(project)] != [one.pk for one in pool.releases]:
        raise Refused("A release was compiled meanwhile; draw the set again.")
    ids = {pool.members[key].pk: key for key in chosen.keys}
    rows = {row.content_hash: row for row in Record.objects.filter(pk__in=ids)}
    if set(rows) != set(chosen.keys):
        raise Refused("A conversation that was chosen has changed meanwhile; draw the set again.")
    last = ExpertSet.objects.filter(project=project, name=name).aggregate(last=Max("version"))["last"] or 0
    drawn = ExpertSet.objects.create(
        project=project,
        name=name,
        version=last + 1,
        trial=params["size"] < LEAST_SIZE,
        raters=raters,
        params=params,
        excluded={"counts": dict(sorted(pool.excluded.items())), "near": pool.near},
        created_by=actor,
    )
    ExpertExample.objects.bulk_create(
        [_example(drawn, place, rows[key], pool) for place, key in enumerate(chosen.keys, start=1)], batch_size=200
    )
    conversations_reserve(project=project, hashes=chosen.keys, reason=HELD_BECAUSE, actor=actor)
    record(
        action="expert_set.draw",
        actor=actor,
        project=project,
        target=drawn,
        payload={
            "version": drawn.version,
            "seed": params["seed"],
            "size": params["size"],
            "found": chosen.found,
            "excluded": drawn.excluded["counts"],
        },
    )
    _touch(drawn)
    return drawn


def _example(drawn: ExpertSet, place: int, row: Record, pool: Pool) -> ExpertExample:
    member = pool.members[row.content_hash]
    told = row.metadata.get("input", {})
    inner = told.get("metadata") if isinstance(told, dict) else None
    people = inner.get("demographics") if isinstance(inner, dict) else None
    facts = {
        "family": member.candidate.family,
        "difficulty": member.candidate.difficulty,
        "source_family": row.family,
        "given_type": member.candidate.crisis_type,
        "given_severity": member.severity,
        "given_by": member.given_by,
    }
    if isinstance(people, str) and people:
        facts["demographics"] = people
    return ExpertExample(
        expert_set=drawn,
        position=place,
        record=row,
        external_id=row.external_id,
        content_hash=row.content_hash,
        messages=[{"role": turn["role"], "content": turn["content"]} for turn in row.messages],
        source=row.source,
        is_edge_case=row.is_edge_case,
        edge_case_kind=row.edge_case_kind,
        facts=facts,
    )


@transaction.atomic
def expert_set_freeze(*, expert_set: ExpertSet, actor: User, as_is: bool = False) -> ExpertSet:
    """Fix a set for good under the digest of its file. Somebody who freezes it twice is refused.

    Every conversation has its ratings; where experts are split a clinical lead has decided, or `as_is` leaves those
    without a label. Raises Refused for less, and where crises are under 8 or over 20 percent of the final labels.
    """
    found = set_open(expert_set.pk)
    require(actor, found.project, Capability.REVIEW_RESOLVE)
    rows = list(example_rows(found))
    waiting = sum(len(row.said) < found.raters for row in rows)
    if waiting:
        raise Refused(f"{waiting} of {len(rows)} conversations still wait for {found.raters} ratings each.")
    outcomes = [row.outcome for row in rows]
    split = sum(one.standing == Standing.SPLIT for one in outcomes)
    if split and not as_is:
        raise Refused(f"The experts are split on {split}: decide them, or freeze them as they are, without a label.")
    problem = share_problem([one.crisis_type for one in outcomes if one.crisis_type is not None])
    if problem:
        way_out = "Decide those on which the experts are split first." if split else "Draw a new version."
        raise Refused(f"By the experts' labels {problem}. {way_out}")
    examples = [line_of(row) for row in rows]
    lines = encode_lines(examples)
    digest = sha256_hex(lines)
    manifest = manifest_of(found, examples, lines, digest, frozen=True)
    found.state, found.sha256 = ExpertSet.State.FROZEN, digest
    found.manifest = msgspec.to_builtins(manifest)
    found.frozen_by, found.frozen_at = actor, timezone.now()
    found.save(update_fields=["state", "sha256", "manifest", "frozen_by", "frozen_at"])
    record(
        action="expert_set.freeze",
        actor=actor,
        project=found.project,
        target=found,
        payload={
            "version": found.version,
            "sha256": digest,
            "examples": len(examples),
            "ratings": manifest.counts.ratings,
            "split": split,
            "crisis": manifest.counts.crisis.hits,
        },
    )
    _touch(found)
    return found


def set_open(pk: int) -> ExpertSet:
    """The set, locked, so that nothing is said of it while it is frozen. Raises Refused once it is."""
    rows = ExpertSet.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    found = rows.get(pk=pk)
    if found.is_frozen:
        raise Refused("This set is frozen; nothing in it changes any more.")
    return found


def _touch(expert_set: ExpertSet) -> None:
    touch(expert_sets_topic(expert_set.project_id))
    touch_review(expert_set.project)


def _checked(
    project: Project, name: str, size: int, crisis_share: float, raters: int, seed: int | None
) -> tuple[str, int]:
    name = checked_text(name, name="Name", longest=MAX_NAME, required=True)
    least = LEAST_TRIAL if project.is_demo else LEAST_SIZE
    if not least <= size <= MOST_SIZE:
        raise Refused(f"An expert set holds between {least} and {MOST_SIZE:,} conversations.")
    if not 1 <= raters <= MOST_RATERS:
        raise Refused(f"Between 1 and {MOST_RATERS} experts rate each conversation.")
    try:
        asked_by_type(size, crisis_share)
    except ValueError:
        raise Refused("Between 8% and 20% of an expert set are conversations with a crisis.") from None
    seed = secrets.randbelow(_MOST_SEED) if seed is None else seed
    if not 0 <= seed <= _MOST_SEED:
        raise Refused(f"A seed lies between 0 and {_MOST_SEED}.")
    return name, seed


def _too_few(problem: TooFew, pool: Pool) -> str:
    crises: Mapping[str, int] = {kind: problem.missing.get(kind, 0) for kind in SIX_TYPES}
    words = [f"{CRISIS_TYPE_LABELS[kind]} {count}" for kind, count in crises.items() if count]
    if problem.missing.get(NONE_TYPE):
        words.append(f"{CRISIS_TYPE_LABELS[NONE_TYPE]} {problem.missing[NONE_TYPE]}")
    kept = ", ".join(f"{count} {REASONS[reason]}" for reason, count in sorted(pool.excluded.items()))
    return (
        f"There are too few conversations to draw from; missing of an even share: {', '.join(words)}."
        f"{f' Kept out: {kept}.' if kept else ''}"
    )
