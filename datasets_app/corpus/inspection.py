"""Reads the lines of a release one by one and remembers what the laws of a release need, in constant memory per record.

Each line must be valid, match its content hash, and come once; its group must lie in one split. What is found is
named by file and line; the gates get the offending ids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO, Any, Final

import msgspec

from . import taxonomy
from .counts import ReleaseCounts, traced
from .gates import Found, Offenders, held_out_records, holdout_families, is_unsettled
from .hashing import content_hash
from .ledger import RecordLedger, digest_name
from .record import ReleaseLine

_CHUNK: Final = 1 << 20
_DECODER: Final = msgspec.json.Decoder(ReleaseLine)

Opener = Callable[[str], AbstractContextManager[IO[bytes]]]
Complain = Callable[[str, str], None]


class Inspection:
    """The state of one reading: counts, ledger, offenders, and which file holds which ordinals."""

    def __init__(self, params: Mapping[str, Any], complain: Complain) -> None:
        self.counts = ReleaseCounts()
        self.ledger = RecordLedger()
        self.found = Found()
        self._held_out = set(holdout_families(params))
        self._test_only = set(held_out_records(params))
        self._complain = complain
        self._names: list[str] = []
        self._firsts: list[int] = []

    def file(self, name: str, split: str, lines: Iterator[bytes]) -> int:
        """Read one shard and return how many lines it has."""
        self._names.append(name)
        self._firsts.append(len(self.ledger))
        number = 0
        for number, raw in enumerate(lines, start=1):
            self._line(name, number, raw, split)
        return number

    def finish(self) -> None:
        """Find what only all lines together show: content that comes twice, groups and clusters in two splits."""
        rows = self.ledger.rows()
        for first, later in self.ledger.duplicates():
            self.found.duplicates.add(digest_name(rows[later]))
            one, other = self._split_of(rows[first]), self._split_of(rows[later])
            where = f"also in {one}" if one != other else "twice"
            self._say(later, f"has content that is {where} ({digest_name(rows[later])[:19]})")
        for first, later in self.ledger.crossing("group"):
            self.found.groups.add(digest_name(rows[later]))
            self._say(later, f"belongs to group of line {self.place(first)}, also in {self._split_of(rows[first])}")
        for _, later in self.ledger.crossing("cluster"):
            self.found.clusters.add(digest_name(rows[later]))

    def place(self, ordinal: int) -> str:
        """Return where a record stands, as file:line."""
        index = bisect_right(self._firsts, ordinal) - 1
        return f"{self._names[index]}:{ordinal - self._firsts[index] + 1}"

    def fetch(self, wanted: set[int] | None, opener: Opener) -> Iterator[tuple[int, list[dict[str, str]]]]:
        """Yield (ordinal, messages) of the wanted records (None: all) from another reading of their files."""
        for index, name in enumerate(self._names):
            first = self._firsts[index]
            last = self._firsts[index + 1] if index + 1 < len(self._firsts) else len(self.ledger)
            here = None if wanted is None else {ordinal for ordinal in wanted if first <= ordinal < last}
            if here is not None and not here:
                continue
            with opener(name) as stream:
                for ordinal, raw in enumerate(lines_of(stream), start=first):
                    if here is None or ordinal in here:
                        yield ordinal, msgspec.to_builtins(_DECODER.decode(raw).messages)

    def _line(self, name: str, number: int, raw: bytes, split: str) -> None:
        try:
            line = msgspec.to_builtins(_DECODER.decode(raw))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            reason = "is not valid JSON" if not isinstance(error, msgspec.ValidationError) else str(error)[:120]
            self._complain(name, f"line {number} {reason}")
            return
        metadata = line["metadata"]
        content = metadata["content_hash"]
        if content_hash(line["messages"]) != content:
            self._complain(name, f"line {number} does not match its content hash")
            self.found.mismatched.add(content)
        if not traced(line):
            self.found.untraced.add(content)
        if is_unsettled(metadata["pii"], metadata["source"]):
            self.found.unsettled.add(content)
        if split != "test" and metadata["source_family"] in self._held_out:
            self.found.held_out.add(content)
        if split != "test" and content in self._test_only:
            self.found.test_only.add(content)
        self.counts.add(split, line)
        self.ledger.add(split, line)

    def _say(self, ordinal: int, reason: str) -> None:
        name, number = self.place(ordinal).rsplit(":", 1)
        self._complain(name, f"line {number} {reason}")

    def _split_of(self, row: Any) -> str:
        return taxonomy.SPLITS[int(row["split"])]


def near_duplicates_across(inspection: Inspection, opener: Opener, threshold: float) -> Offenders:
    """Return the near-duplicates that lie in different splits, as "id ~ id"; reads the release twice more."""
    # Only this search needs the MinHash package; who merely checks hashes need not have it.
    from .dedup.minhash import text_of
    from .near import BandSpill, confirmed

    rows = inspection.ledger.rows()
    spill = BandSpill()
    try:
        for ordinal, messages in inspection.fetch(None, opener):
            spill.add(int(rows[ordinal]["split"]), text_of(messages))
        pairs = spill.candidates()
    finally:
        spill.close()

    def texts(wanted: set[int]) -> dict[int, str]:
        return {ordinal: text_of(messages) for ordinal, messages in inspection.fetch(wanted, opener)}

    found = Offenders(complete=not spill.cut)
    for first, second, _ in confirmed(pairs, texts, threshold):
        found.add(f"{digest_name(rows[first])} ~ {digest_name(rows[second])}")
    return found


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield lines of any stream; a store's body need not know how to iterate over lines."""
    rest = b""
    while chunk := stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest
