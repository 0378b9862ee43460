"""What becomes of pairs: both stay, or the copy is withdrawn. Every act can be taken back.

A copy is only withdrawn while the record that stays in its place is active, and never when it is an edge case.
Rounds that already use a withdrawn record go on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction
from django.utils import timezone

from datasets_app.models import DuplicatePair, DuplicateSearch, Record
from datasets_app.selectors_duplicates import protected_ids
from pixelhub.audit.services import record
from pixelhub.jobs.services import job_enqueue
from pixelhub.live.services import touch

from .duplicates import duplicates_topic
from .errors import DuplicatesRefused
from .ingest import StepContext

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

_CHUNK: Final = 200
MAX_AT_ONCE: Final = 200
_REASON: Final = "copy of record "
_Decision = DuplicatePair.Decision


def pairs_decide(
    *, search: DuplicateSearch, pair_ids: Sequence[int], decision: str, actor: User, expected: str | None = None
) -> dict[str, list[int]]:
    """Decide some pairs of a finished search: "withdraw", "keep" (both stay) or "open" (take it back).

    A change from "withdraw" makes the copy active again. Returns the pairs that changed and those that were refused
    (edge cases, the other record is withdrawn, or somebody else decided: the pair is not as `expected` any more).
    Deciding the same again changes nothing. Raises DuplicatesRefused for an unknown decision, more than 200 pairs, or
    a search that is not finished.
    """
    if decision not in _Decision.values:
        raise DuplicatesRefused("A pair is decided with withdraw, keep or open.")
    if len(pair_ids) > MAX_AT_ONCE:
        raise DuplicatesRefused(f"At most {MAX_AT_ONCE} pairs can be decided at once.")
    if search.state != DuplicateSearch.State.DONE:
        raise DuplicatesRefused("The search is not finished.")
    with transaction.atomic():
        return _decide(search, pair_ids, decision, actor, expected)


def duplicates_confirm(*, search: DuplicateSearch, actor: User | None, record_hash: bool = False) -> DuplicateSearch:
    """Queue the withdrawal of the copies in all open near-duplicate pairs of a finished search.

    `record_hash` withdraws the open pairs of one record hash as well. Raises DuplicatesRefused for a search that is
    not finished or whose copies are being withdrawn or restored.
    """
    kinds = [DuplicatePair.Kind.NEAR.value] + ([DuplicatePair.Kind.RECORD_HASH.value] if record_hash else [])
    return _queue_act(search, actor, {"act": "withdraw", "kinds": kinds})


def duplicates_restore(*, search: DuplicateSearch, actor: User | None) -> DuplicateSearch:
    """Queue the return of all copies that were withdrawn in this search; their pairs are open again."""
    return _queue_act(search, actor, {"act": "restore"})


def duplicates_act(*, search_id: int, params: dict[str, Any], ctx: StepContext) -> dict[str, Any]:
    """Withdraw or restore in steps of 200 pairs, as a job. A second run finds nothing left to do."""
    search = DuplicateSearch.objects.select_related("project", "confirmed_by").get(pk=search_id)
    if params["act"] == "withdraw":
        before, decision = _Decision.OPEN, _Decision.WITHDRAW
        pairs = search.pairs.filter(decision=before, kind__in=params["kinds"])
    else:
        before, decision = _Decision.WITHDRAW, _Decision.OPEN
        pairs = search.pairs.filter(decision=before)
    total, done, last, counts = pairs.count(), 0, 0, {"changed": 0, "refused": 0}
    while chunk := list(pairs.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_CHUNK]):
        last = chunk[-1]
        done += len(chunk)
        with ctx.step(done=done, total=total, unit="pairs"):
            outcome = _decide(search, chunk, decision, search.confirmed_by, before)
        for name in counts:
            counts[name] += len(outcome[name])
    return {"search": search.pk, "act": params["act"], **counts}


def _queue_act(search: DuplicateSearch, actor: User | None, params: dict[str, Any]) -> DuplicateSearch:
    with transaction.atomic():
        locked = DuplicateSearch.objects.select_for_update(no_key=True).get(pk=search.pk)
        if locked.state != DuplicateSearch.State.DONE:
            raise DuplicatesRefused("The search is not finished.")
        if locked.job is not None and not locked.job.is_final:
            raise DuplicatesRefused("The copies of this search are being worked on already.")
        locked.confirmed_by, locked.confirmed_at = actor, timezone.now()
        locked.job = job_enqueue(
            kind="dataset.duplicates", params={"search": locked.pk, **params}, project=locked.project, owner=actor
        )
        locked.save(update_fields=["confirmed_by", "confirmed_at", "job"])
        record(action=f"duplicates.{params['act']}", actor=actor, project=locked.project, target=locked, payload=params)
        touch(duplicates_topic(locked.project_id))
    return locked


def _decide(
    search: DuplicateSearch,
    pair_ids: Sequence[int],
    decision: str,
    actor: User | None,
    expected: str | None,
) -> dict[str, list[int]]:
    """Decide pairs inside the caller's transaction."""
    # Records first and in one order, as every act here does; a pair's records never change.
    found = list(search.pairs.filter(pk__in=pair_ids).order_by("pk").values_list("pk", "kept_id", "copy_id"))
    ids = sorted({number for _, kept, copy in found for number in (kept, copy)})
    records = {
        item.pk: item
        for item in Record.objects.select_for_update(no_key=True).filter(pk__in=ids).defer("messages").order_by("pk")
    }
    protected = protected_ids([copy for _, _, copy in found])
    outcome: dict[str, list[int]] = {"changed": [], "refused": []}
    pairs = search.pairs.select_for_update(no_key=True).filter(pk__in=[pk for pk, _, _ in found]).order_by("pk")
    for pair in pairs:
        if pair.decision == decision:
            continue
        if expected is not None and pair.decision != expected:
            outcome["refused"].append(pair.pk)
            continue
        kept, copy = records[pair.kept_id], records[pair.copy_id]
        if decision == _Decision.WITHDRAW and not _withdraw(kept, copy, protected):
            outcome["refused"].append(pair.pk)
            continue
        if decision == _Decision.KEEP:
            _tie(kept, copy)
        if pair.decision == _Decision.WITHDRAW:
            _restore(kept, copy)
        pair.decision = _Decision(decision)
        pair.decided_by = actor if decision != _Decision.OPEN else None
        pair.save(update_fields=["decision", "decided_by"])
        outcome["changed"].append(pair.pk)
    if outcome["changed"]:
        _record(search, decision, outcome["changed"], {pk: (kept, copy) for pk, kept, copy in found}, actor)
    return outcome


def _withdraw(kept: Record, copy: Record, protected: set[int]) -> bool:
    if copy.pk in protected or kept.state != Record.State.ACTIVE or copy.state != Record.State.ACTIVE:
        return False
    copy.state, copy.withdrawn_reason = Record.State.WITHDRAWN, f"{_REASON}{kept.pk}"
    copy.save(update_fields=["state", "withdrawn_reason"])
    _tie(kept, copy)
    return True


def _tie(kept: Record, copy: Record) -> None:
    """What the copy must share a split with, the record that stays must as well."""
    missing = [key for key in copy.group_keys if key not in kept.group_keys]
    if missing:
        kept.group_keys = [*kept.group_keys, *missing]
        kept.save(update_fields=["group_keys"])


def _restore(kept: Record, copy: Record) -> None:
    if copy.state == Record.State.WITHDRAWN and copy.withdrawn_reason == f"{_REASON}{kept.pk}":
        copy.state, copy.withdrawn_reason = Record.State.ACTIVE, ""
        copy.save(update_fields=["state", "withdrawn_reason"])


def _record(
    search: DuplicateSearch, decision: str, changed: list[int], records: dict[int, tuple[int, int]], actor: User | None
) -> None:
    record(
        action="duplicates.decide",
        actor=actor,
        project=search.project,
        target=search,
        payload={"decision": str(decision), "pairs": [[pk, *records[pk]] for pk in changed]},
    )
    touch(duplicates_topic(search.project_id))
    touch(f"project:{search.project_id}:records")
