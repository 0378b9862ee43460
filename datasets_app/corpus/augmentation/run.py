"""Making children of originals: drawn, written, checked, compared, chosen. The originals are read and never held.

They pass by three times: to be drawn from and indexed for near-copies, to have children, and to be compared word by
word with what may be a copy of them. The same originals, orders and seed give the same bytes, in any order of files.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.dedup.finder import NO_IDENTITY, Entry, Finder, Found
from datasets_app.corpus.dedup.minhash import DEFAULT_THRESHOLD, jaccard, text_of
from datasets_app.corpus.formats.record import PENDING, REVIEW
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.screening import Assessment, assess

from .by_model import ModelParaphraser
from .check import BY_PERSON, Classifier, Judge
from .drawing import Draw, Drawn, Order, rng_of
from .edge_variations import edge_variation
from .naming import EDGE_CASES
from .parents import Messages, Originals, Parent
from .report import Report
from .strategies import STRATEGIES, Made, reworded

VERSION: Final = "datasets_app.corpus.augmentation/1"
PARAPHRASE: Final = "paraphrase"
NEAR_COPY, NOTHING_TO_CHANGE, NO_ANSWER = "near_copy", "nothing_to_change", "no_answer"
Progress = Callable[[str, int, int], None]
_BATCH: Final = 64
_FIRST_CHILD: Final = 1 << 40
_ORIGINAL_RANK: Final = bytes(16)
_CHILD_RANK: Final = b"\x01" + bytes(7)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How many of what. `counts` names strategies; edge cases are spread evenly over the four kinds."""

    counts: Mapping[str, int]
    edge_cases: int = 0
    seed: int = 42
    threshold: float = DEFAULT_THRESHOLD

    def __post_init__(self) -> None:
        unknown = sorted(set(self.counts) - set(STRATEGIES))
        if unknown:
            raise ValueError(f"unknown strategy {unknown[0]}; there are {', '.join(STRATEGIES)}")
        if min((*self.counts.values(), self.edge_cases)) < 0:
            raise ValueError("a count must not be negative")

    def orders(self) -> list[Order]:
        """Return what is wanted, one order per strategy and per kind of edge case."""
        kinds = taxonomy.EDGE_CASE_KINDS
        each, more = divmod(self.edge_cases, len(kinds))
        return [
            *(Order(name, "", count) for name, count in sorted(self.counts.items()) if count),
            *(
                Order(EDGE_CASES, kind, each + (place < more))
                for place, kind in enumerate(kinds)
                if each + (place < more)
            ),
        ]


class Written(NamedTuple):
    """Paths of the three files: children that stand, those that wait for a person, those that were refused."""

    children: Path
    review: Path
    quarantine: Path

    @classmethod
    def beside(cls, output: Path) -> Written:
        """Return the three names that belong to OUT.jsonl."""
        stem = output.name.removesuffix(".jsonl")
        return cls(output, output.with_name(f"{stem}.review.jsonl"), output.with_name(f"{stem}.quarantine.jsonl"))


class _Candidate(NamedTuple):
    """A child whose label holds, in the file of candidates; chosen by its priority once the near-copies are known."""

    order: int
    priority: tuple[int, int]
    offset: int
    size: int
    by: str
    crisis_type: str


def augment(
    originals: Originals,
    written: Written,
    settings: Settings,
    *,
    classifier: Classifier | None = None,
    paraphraser: ModelParaphraser | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> Report:
    """Make children of the originals and write them; all three files appear whole or not at all.

    With a `paraphraser` it says otherwise what may be sent to it, the tables the rest.
    Raises ValueError where the originals aren't the same on every reading.
    """
    with tempfile.TemporaryDirectory(dir=written.children.parent, prefix=".augment-") as folder:
        work = _Work(originals, settings, Path(folder), Judge(classifier), paraphraser, progress)
        report = work.run()
        for made, target in zip(work.files, written, strict=True):
            made.replace(target)
    return report


class _Work:
    def __init__(
        self,
        originals: Originals,
        settings: Settings,
        folder: Path,
        judge: Judge,
        paraphraser: ModelParaphraser | None,
        progress: Progress,
    ) -> None:
        self._originals, self._settings, self._judge, self._progress = originals, settings, judge, progress
        self._paraphraser = paraphraser
        self._orders = settings.orders()
        self._report = Report(orders={order.name: order.wanted for order in self._orders}, seed=settings.seed)
        self._folder = folder
        self._candidates: list[_Candidate] = []
        self.files = Written(*(folder / f"{name}.jsonl" for name in Written._fields))

    def run(self) -> Report:
        with (
            Finder(self._folder, threshold=self._settings.threshold) as finder,
            (self._folder / "candidates").open("w+b") as pool,
            self.files.quarantine.open("wb") as quarantine,
        ):
            tries = self._read(finder)
            self._make(tries, finder, pool, quarantine)
            copies = self._copies(finder, pool)
            self._choose(copies, pool, quarantine)
        self._report.readings = self._judge.readings
        return self._report

    def _read(self, finder: Finder) -> dict[int, list[Drawn]]:
        """Index all originals, and draw from them."""
        draw = Draw(self._orders, self._settings.seed)
        seen = iter(self._numbered())
        while batch := list(islice(seen, _BATCH)):
            for number, parent in batch:
                self._report.original(parent.crisis_type)
                draw.add(
                    number,
                    parent.content_hash,
                    crisis=parent.crisis_type != taxonomy.NONE_TYPE,
                    edge_case=parent.is_edge_case,
                )
            finder.add(
                [_entry(number, parent.content_hash, parent.messages, _ORIGINAL_RANK) for number, parent in batch]
            )
            self._progress("reading", self._report.originals, 0)
        return draw.tries()

    def _numbered(self, *, count: bool = True) -> Iterator[tuple[int, Parent]]:
        for number, original in enumerate(self._originals()):
            if isinstance(original, Parent):
                yield number, original
            elif count:
                self._report.skipped[original] += 1

    def _make(self, tries: dict[int, list[Drawn]], finder: Finder, pool: Any, quarantine: Any) -> None:
        total, done = sum(map(len, tries.values())), 0
        entries: list[Entry] = []
        for number, parent in self._numbered(count=False):
            drawn = tries.pop(number, None)
            if drawn is None:
                continue
            found = assess(parent.messages)
            for one in drawn:
                done += 1
                if (child := self._child(parent, found, one, quarantine)) is None:
                    continue
                row, by = child
                data = orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n"
                key = _FIRST_CHILD + len(self._candidates)
                digest = row["metadata"]["augmentation"]["content_hash"]
                entries.append(_entry(key, digest, row["conversation"], _CHILD_RANK + bytes.fromhex(digest[7:23])))
                self._candidates.append(
                    _Candidate(one.order, one.priority, pool.tell(), len(data), by, parent.crisis_type)
                )
                pool.write(data)
            if len(entries) >= _BATCH:
                finder.add(entries)
                entries = []
                self._progress("making", done, total)
        if tries:
            raise ValueError("the originals are not the same on a second reading")
        finder.add(entries)

    def _child(
        self, parent: Parent, found: Assessment, drawn: Drawn, quarantine: Any
    ) -> tuple[dict[str, Any], str] | None:
        """Return a child's row and who vouches for its label; None where there is none to be had of this original."""
        order = self._orders[drawn.order]
        rng = rng_of(self._settings.seed, order, parent.content_hash, drawn.turn)
        self._report.tried[order.name] += 1
        by_model = self._paraphraser and order.strategy == PARAPHRASE and self._paraphraser.takes(parent)
        if self._paraphraser and by_model:
            made = self._paraphraser(parent, rng.getrandbits(31))
            if made is None:
                self._report.refuse(order.name, NO_ANSWER)
                return None
        elif order.kind:
            made = edge_variation(parent, found, rng, order.kind)
        else:
            made = STRATEGIES[order.strategy](parent, found, rng)
        if made is not None and not order.kind and not by_model and self._too_like(parent, made.messages):
            # The words that were kept are said otherwise too; on what was changed already stands its own assessment.
            again = reworded(made.messages, assess(made.messages), rng)
            made = made._replace(messages=again, steps=(*made.steps, "reworded"))
        if made is None or made.messages == parent.messages:
            self._report.refuse(order.name, NOTHING_TO_CHANGE)
            return None
        row = self._row(parent, order, made, drawn.turn)
        label = (row["crisis_type"], row["severity"])
        if order.kind:
            verdict = self._judge.judge_edge_case(parent, made.messages, label)
        else:
            verdict = self._judge.judge(parent, found, made.messages, label)
        if verdict.reason:
            self._refuse(order, verdict.reason, row, quarantine)
            return None
        row["metadata"]["augmentation"]["checked_by"] = verdict.by
        if verdict.by == BY_PERSON:
            row["metadata"]["augmentation"][REVIEW] = PENDING
        return row, verdict.by

    def _too_like(self, parent: Parent, messages: Messages) -> bool:
        return jaccard(text_of(parent.messages), text_of(messages)) >= self._settings.threshold

    def _row(self, parent: Parent, order: Order, made: Made, turn: int) -> dict[str, Any]:
        digest = content_hash(made.messages)
        name = hashlib.sha256(f"{self._settings.seed}|{order.name}|{parent.content_hash}|{turn}".encode()).hexdigest()
        return {
            "id": f"aug-{name[:24]}",
            "parent_id": parent.id,
            "conversation": made.messages,
            "crisis_type": parent.crisis_type,
            "severity": parent.severity,
            "confidence": parent.confidence,
            "source": taxonomy.Source.AUGMENTED.value,
            "is_edge_case": parent.is_edge_case or bool(order.kind),
            "edge_case_kind": parent.edge_case_kind or order.kind,
            "annotators": [],
            "metadata": {
                "demographics": made.demographics or parent.demographics,
                "context": made.context or parent.context,
                "generator": VERSION,
                "group_keys": parent.group_keys,
                "augmentation": {
                    "strategy": order.strategy,
                    "steps": list(made.steps),
                    "seed": self._settings.seed,
                    "parent_id": parent.id,
                    "parent_content_hash": parent.content_hash,
                    "content_hash": digest,
                },
            },
        }

    def _refuse(self, order: Order, reason: str, row: dict[str, Any], quarantine: Any, **more: Any) -> None:
        self._report.refuse(order.name, reason)
        quarantine.write(orjson.dumps({"reason": reason, **more, "row": row}, option=orjson.OPT_SORT_KEYS) + b"\n")

    def _copies(self, finder: Finder, pool: Any) -> dict[int, float]:
        """Return the children that are like an original or another child, with how like they are."""
        found = finder.finish(
            lambda keys: self._texts(keys, pool), lambda stage, done, total: self._progress("comparing", done, total)
        )
        return _children_among(found)

    def _texts(self, keys: npt.NDArray[np.uint64], pool: Any) -> Iterator[tuple[int, str]]:
        split = int(np.searchsorted(keys, _FIRST_CHILD))
        for key in keys[split:].tolist():
            yield key, text_of(self._load(self._candidates[key - _FIRST_CHILD], pool)["conversation"])
        wanted = set(keys[:split].tolist())
        if wanted:
            for number, parent in self._numbered(count=False):
                if number in wanted:
                    yield number, text_of(parent.messages)

    @staticmethod
    def _load(candidate: _Candidate, pool: Any) -> dict[str, Any]:
        pool.seek(candidate.offset)
        found: dict[str, Any] = orjson.loads(pool.read(candidate.size))
        return found

    def _choose(self, copies: Mapping[int, float], pool: Any, quarantine: Any) -> None:
        """Write the first of every order that are no near-copies; what is left over is counted and dropped."""
        left = [order.wanted for order in self._orders]
        queue = sorted(range(len(self._candidates)), key=lambda place: self._candidates[place][:2])
        with self.files.children.open("wb") as children, self.files.review.open("wb") as review:
            for place in queue:
                candidate = self._candidates[place]
                order = self._orders[candidate.order]
                alike = copies.get(place)
                if alike is not None:
                    row = self._load(candidate, pool)
                    self._refuse(order, NEAR_COPY, row, quarantine, similarity=round(alike, 4))
                elif left[candidate.order]:
                    left[candidate.order] -= 1
                    pool.seek(candidate.offset)
                    waits = candidate.by == BY_PERSON
                    (review if waits else children).write(pool.read(candidate.size))
                    self._report.take(order, candidate.by, candidate.crisis_type)
                else:
                    self._report.spare[order.name] += 1
        self._report.short = {order.name: missing for order, missing in zip(self._orders, left, strict=True) if missing}


def _entry(key: int, digest: str, messages: Sequence[Mapping[str, str]], rank: bytes) -> Entry:
    return Entry(
        key=key,
        digest=bytes.fromhex(digest[7:39]),
        identity=NO_IDENTITY,
        rank=rank,
        protected=rank == _ORIGINAL_RANK,
        text=text_of(messages),
    )


def _children_among(found: Found) -> dict[int, float]:
    alike = {copy - _FIRST_CHILD: 1.0 for copy, _ in found.exact_copies() if copy >= _FIRST_CHILD}
    for copy, _, pair in found.copies():
        if copy >= _FIRST_CHILD:
            alike.setdefault(copy - _FIRST_CHILD, pair.similarity)
    return alike
