"""Checking an exported trail: what the file proves by itself, and what only the hub's word stands for. Django-free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from pixelhub.audit.chain import GENESIS, HASHED_FIELDS, event_hash
from pixelhub.canonical import canonical_json
from pixelhub.signing import PublicKey, SignatureInvalid

__all__ = ["FORMAT", "ExportReport", "lines_of", "verify_export"]

FORMAT: Final = "pixelhub.audit-export/1"
_FIELDS: Final = frozenset((*HASHED_FIELDS, "prev_hash", "hash"))
_LONGEST: Final = 1 << 18  # of a line: an event's payload has 16 KB at the most
_MOST_PROBLEMS: Final = 20


@dataclass
class ExportReport:
    """What a walk over a file found. `proves` and `cannot_prove` are sentences; both are only true without problems."""

    events: int = 0
    head: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    proves: list[str] = field(default_factory=list)
    cannot_prove: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems

    def found(self, problem: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, ends and all. Raises ValueError for one that is longer than any of ours."""
    while line := stream.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise ValueError("a line is longer than any of an export")
        yield line


class _Seen:
    """What the events of a file have in common, in constant memory."""

    def __init__(self) -> None:
        self.first = self.last = self.linked = 0
        self.hash = GENESIS
        self.digest = hashlib.sha256()
        self.actions: set[str] = set()
        self.actors: set[str] = set()
        self.projects: set[Any] = set()
        self.kinds: set[str] = set()
        self.times: tuple[str, str] | None = None
        self.first_prev = GENESIS


def verify_export(lines: Iterable[bytes], key: PublicKey | None) -> ExportReport:
    """Check the lines of an export; `key` is the hub's, and without it the signature is not looked at."""
    report, seen, waiting = ExportReport(), _Seen(), b""
    for number, line in enumerate(lines, start=1):
        if waiting:
            _event(waiting, number - 1, seen, report)
        waiting = line
    _last(waiting, key, seen, report)
    if report.ok:
        _say(seen, key, report)
    return report


def _event(line: bytes, number: int, seen: _Seen, report: ExportReport) -> None:
    seen.digest.update(line)
    report.events += 1
    event = _parsed(line)
    if event is None or set(event) != _FIELDS or type(event["seq"]) is not int:
        report.found(f"line {number}: is no event of the trail as it was exported")
        return
    seq = event["seq"]
    if event_hash(event, str(event["prev_hash"])) != event["hash"]:
        report.found(f"event {seq}: altered after it was written ({str(event['action'])[:80]})")
    if seq <= seen.last:
        report.found(f"event {seq}: stands after event {seen.last}")
    elif seq == seen.last + 1:
        seen.linked += 1
        if event["prev_hash"] != seen.hash:
            report.found(f"event {seq}: does not follow event {seen.last} (link broken)")
    if not seen.first:
        seen.first, seen.first_prev = seq, str(event["prev_hash"])
    seen.last, seen.hash = seq, str(event["hash"])
    seen.actions.add(str(event["action"]))
    seen.actors.add(str(event["actor_label"]))
    seen.projects.add(event["project_id"] if type(event["project_id"]) is int else None)
    seen.kinds.add(str(event["target_type"]))
    begin = seen.times[0] if seen.times else str(event["at"])
    seen.times = (begin, str(event["at"]))


def _last(line: bytes, key: PublicKey | None, seen: _Seen, report: ExportReport) -> None:
    content = _parsed(line)
    if content is None or set(content) != {"head", "signature"} or not isinstance(content["head"], dict):
        report.found("the last line, which says what the file is, is missing: the file was cut, or not sent whole")
        return
    head = report.head = content["head"]
    if head.get("format") != FORMAT:
        report.found("the last line is of another format")
        return
    if key is not None:
        try:
            key.verify(head, content["signature"])
        except SignatureInvalid as error:
            report.found(f"the last line is not signed by the hub's key: {error}")
    if head["events"] != report.events or head["sha256"] != seen.digest.hexdigest():
        report.found(f"the lines are not those that were exported: {head['events']} were, {report.events} are here")
    if (head["first"], head["last"]) != (seen.first, seen.last) or seen.last > head["chain"]["seq"]:
        report.found("the lines do not begin and end where the last line says")
    if seen.last == head["chain"]["seq"] and seen.hash != head["chain"]["hash"]:
        report.found("the last event is not the head of the chain that the last line names")
    _under_the_filter(head, seen, report)
    if _is_whole(head):
        gap = seen.linked != report.events or seen.last != head["chain"]["seq"]
        if gap or (report.events and seen.first_prev != GENESIS):
            report.found("the whole trail was exported, and events are missing")


def _under_the_filter(head: dict[str, Any], seen: _Seen, report: ExportReport) -> None:
    asked, scope = head["filter"], head["scope"]
    wanted = {"project": {scope.get("project_id")}, "hub": {None}}.get(scope["of"])
    if wanted is not None and seen.projects - wanted:
        report.found("events of another project are among the lines")
    if head["actions"] is not None and seen.actions - set(head["actions"]):
        report.found("acts of another kind than was asked for are among the lines")
    if asked.get("actor") and seen.actors - {asked["actor"]}:
        report.found("acts of other people than was asked for are among the lines")
    kind = str(asked.get("target", "")).partition(" ")[0].lower()
    if kind and any(kind not in each.lower() for each in seen.kinds):
        report.found("acts on other things than was asked for are among the lines")
    since, until = asked.get("since", ""), asked.get("until", "")
    if seen.times and ((since and seen.times[0][:10] < since) or (until and seen.times[1][:10] > until)):
        report.found("acts of other days than was asked for are among the lines")


def _is_whole(head: dict[str, Any]) -> bool:
    return not head["filter"] and bool(head["scope"]["of"] == "everything")


def _say(seen: _Seen, key: PublicKey | None, report: ExportReport) -> None:
    head = report.head
    report.proves.append(f"Each of the {report.events:,} events is as it was written: its own hash holds.")
    if _is_whole(head):
        report.proves.append(
            f"None is missing from the first to the head ({head['chain']['seq']:,}), and each follows the one before."
        )
    else:
        follow = max(0, seen.linked - (1 if seen.first == 1 else 0))
        report.proves.append(f"Each is of what was asked for; {follow:,} follow directly on the one before them.")
        report.cannot_prove.append(
            "That nothing which fits the filter was left out: the events between are not here, so the word of the hub "
            "stands for it. Compare on the hub (--here), or export the whole trail."
        )
    if key is None:
        report.cannot_prove.append("Where the file comes from: there is no key to check its signature with.")
    else:
        report.proves.append(f"The hub signed exactly these lines, in this order, at {head['exported_at']}.")
    report.cannot_prove.append(
        f"That the trail itself was not rewritten before the export: compare its head (event {head['chain']['seq']:,}, "
        f"{head['chain']['hash'][:16]}…) with the published heads."
    )


def _parsed(line: bytes) -> dict[str, Any] | None:
    """The object of a line in the one form that we write; None for anything else."""
    try:
        value = json.loads(line)
        whole = canonical_json(value) + b"\n" == line
    except (ValueError, RecursionError):
        return None
    return value if whole and isinstance(value, dict) else None
