"""How an event is hashed, and how a chain of them is checked. Knows plain dicts only."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pixelhub.canonical import canonical_json, sha256_hex

GENESIS = "0" * 64
HASHED_FIELDS = (
    "seq",
    "at",
    "action",
    "actor_id",
    "actor_label",
    "project_id",
    "target_type",
    "target_id",
    "payload_json",
)


def event_hash(event: dict[str, Any], prev_hash: str) -> str:
    """SHA-256 over the previous hash and the event's own fields in canonical JSON."""
    body = {name: event[name] for name in HASHED_FIELDS}
    return sha256_hex(prev_hash.encode("ascii") + canonical_json(body))


@dataclass(frozen=True)
class ChainReport:
    """What a walk over the chain found; `ok` is true only where every link and the head hold."""

    events: int
    head: str
    problems: tuple[str, ...]
    broken_at: int | None = None  # the first event that does not hold

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_events(
    events: Iterable[dict[str, Any]],
    *,
    head_seq: int,
    head_hash: str,
    most: int = 20,
    after_seq: int = 0,
    after_hash: str = GENESIS,
) -> ChainReport:
    """Walk events in order of `seq`; name each that was altered, removed, inserted or reordered.

    `head_seq` and `head_hash` are the end that the head row claims: they show a cut tail. A walk that does not begin
    at the first event begins after `after_seq`, whose hash was found good before.
    """
    problems: list[str] = []
    broken_at: int | None = None
    previous, expected, count = after_hash, after_seq + 1, 0
    for event in events:
        count += 1
        seq = event["seq"]
        if seq != expected:
            problems.append(f"event {expected}: missing (the next one found is {seq})")
        if event["prev_hash"] != previous:
            problems.append(f"event {seq}: does not follow event {seq - 1} (link broken)")
        if event_hash(event, event["prev_hash"]) != event["hash"]:
            problems.append(f"event {seq}: altered after it was written ({event['action']})")
        if problems and broken_at is None:
            broken_at = min(expected, seq)
        previous, expected = event["hash"], seq + 1
        if len(problems) >= most:
            problems.append("… more problems follow; only the first are listed")
            break
    else:
        if expected - 1 != head_seq or previous != head_hash:
            problems.append(f"the chain ends at event {expected - 1}, its head says {head_seq}")
            broken_at = expected if broken_at is None else broken_at
    return ChainReport(events=count, head=previous, problems=tuple(problems), broken_at=broken_at)
