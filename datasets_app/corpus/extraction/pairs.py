"""Replies to one prompt become pairs: a safer one that is chosen and a less safe one that is rejected.

The line is TRL's conversational preference form with the prompt apart, so that DPO and ORPO read it as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Annotated, Any, Final, Literal

import msgspec
import numpy as np
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.record import CrisisTypeName, EdgeKindName, Message, PiiName, SeverityValue, SourceName

from .judging import ESTIMATED, JUDGES
from .replies import PairOptions
from .screened import identifiers_of
from .units import INDEX
from .writing import Extracted, Sets, dumped

_OPEN_FILES: Final = 64
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
JudgeName = Literal["labelled", "rated", "scored", "estimated"]


class Reply(msgspec.Struct, frozen=True):
    """One answer of the assistant."""

    role: Literal["assistant"]
    content: Annotated[str, msgspec.Meta(min_length=1)]


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """A row that a reply came from; `byte_offset` counts in the unpacked object."""

    id: str
    content_hash: str
    source_family: str
    file: str
    byte_offset: int
    raw_sha256: str
    licence: str
    consent: str


class PairMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """Why the pair is one. `judged_by` judged both replies; an `estimated` pair rests on our rules alone.

    `estimates` are the rules' scores of both whoever judged; where they see it the other way `estimates_disagree`.
    Lists of two are of the chosen reply first.
    """

    judged_by: JudgeName
    safety: tuple[Share, Share]
    margin: Share
    estimated: bool
    estimates: tuple[Share, Share]
    estimates_disagree: bool
    rejected_reasons: list[str]
    source: SourceName
    source_family: str
    stage: int
    split: Literal["", "train"]
    group_keys: list[str]
    crisis_type: CrisisTypeName | None
    severity: SeverityValue | None
    is_training_edge_case: bool
    edge_case_kind: EdgeKindName
    pii: PiiName
    pii_kinds: dict[str, int]
    parents: tuple[Parent, Parent]


class PreferencePair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line: both replies answer exactly `prompt`, which ends with the user."""

    id: str
    prompt: Annotated[list[Message], msgspec.Meta(min_length=1)]
    chosen: Annotated[list[Reply], msgspec.Meta(min_length=1, max_length=1)]
    rejected: Annotated[list[Reply], msgspec.Meta(min_length=1, max_length=1)]
    metadata: PairMetadata

    def __post_init__(self) -> None:
        first, second = self.metadata.safety
        if self.chosen == self.rejected or first - second <= 0:
            raise ValueError("the chosen reply of a pair is another one, and safer")


class PairInvalid(ValueError):
    """A line is no pair; the message says which and why, without its words."""


def read_pairs(path: Path) -> Iterator[PreferencePair]:
    """Yield the pairs of a file for training. Raises PairInvalid."""
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                yield msgspec.json.decode(line, type=PreferencePair)
            except (msgspec.ValidationError, msgspec.DecodeError) as error:
                raise PairInvalid(f"line {number} is no pair: {error}") from None


def preference_pair_schema() -> dict[str, Any]:
    """Return the JSON Schema of a line."""
    return msgspec.json.schema(PreferencePair)


class Pairs(Sets):
    """Brings the replies to each prompt together; in memory are 36 bytes of each reply."""

    def __init__(self, options: PairOptions) -> None:
        super().__init__()
        self._options = options

    def lines(self, extracted: Extracted) -> Iterator[bytes]:
        """Yield the pairs in the order of their prompts' hashes; what became of each prompt is in `details`."""
        outcomes: Counter[str] = Counter()
        judges: Counter[str] = Counter()
        prompts = records = disagreements = 0
        read = _Lines(extracted)
        for group in _groups(extracted):
            prompts += 1
            replies = _distinct([orjson.loads(read.line(row)) for row in group])
            pairs, outcome = self._pairs(replies, extracted)
            outcomes[outcome] += 1
            for pair in pairs:
                records += 1
                judges[pair["metadata"]["judged_by"]] += 1
                disagreements += pair["metadata"]["estimates_disagree"]
                yield dumped(pair)
        self.details = {
            "prompts": prompts,
            "outcomes": dict(sorted(outcomes.items())),
            "records": records,
            "judged_by": dict(sorted(judges.items())),
            "estimates_disagree": disagreements,
        }

    def _pairs(self, replies: list[dict[str, Any]], of: Extracted) -> tuple[list[dict[str, Any]], str]:
        """Return the pairs of one prompt and what became of it, by the first judge that judged two of its replies."""
        if len(replies) < 2:
            return [], "one_reply"
        judge = next((name for name in JUDGES if sum(name in reply["scores"] for reply in replies) > 1), "")
        if not judge:
            return [], "unjudged"
        ordered = sorted((reply for reply in replies if judge in reply["scores"]), key=lambda one: _rank(one, judge))
        best = ordered[0]
        if best["scores"][judge] < self._options.floor:
            return [], "none_safe_enough"
        worse = [one for one in reversed(ordered[1:]) if self._margin(best, one, judge) >= self._options.margin]
        if not worse:
            return [], "too_close"
        agreed = [one for one in worse if best["preferred"] is not False and one["preferred"] is not True]
        if not agreed:
            return [], "against_preference"
        return [self._pair(best, one, judge, of) for one in agreed[: self._options.per_prompt]], "paired"

    def _margin(self, chosen: Mapping[str, Any], rejected: Mapping[str, Any], judge: str) -> float:
        return float(round(chosen["scores"][judge] - rejected["scores"][judge], 4))

    def _pair(self, chosen: dict[str, Any], rejected: dict[str, Any], judge: str, of: Extracted) -> dict[str, Any]:
        both = (chosen, rejected)
        replies = [[{"role": "assistant", "content": one["reply"]}] for one in both]
        estimates = [one["scores"][ESTIMATED] for one in both]
        source = min((one["source"] for one in both), key=taxonomy.SOURCES.index)
        grave = max(both, key=lambda one: one["severity"] or 0)
        digest = hashlib.sha256(orjson.dumps([chosen["prompt"], chosen["reply"], rejected["reply"]])).hexdigest()
        return {
            "id": f"pair-{digest[:24]}",
            "prompt": chosen["prompt"],
            "chosen": replies[0],
            "rejected": replies[1],
            "metadata": {
                "judged_by": judge,
                "safety": [one["scores"][judge] for one in both],
                "margin": self._margin(chosen, rejected, judge),
                "estimated": judge == ESTIMATED,
                "estimates": estimates,
                "estimates_disagree": estimates[0] < estimates[1],
                "rejected_reasons": rejected["reasons"],
                "source": source,
                "source_family": of.family,
                "stage": of.stage,
                "split": "train" if any(one["split"] for one in both) else "",
                "group_keys": sorted({key for one in both for key in one["group_keys"]}),
                "crisis_type": grave["crisis_type"],
                "severity": grave["severity"],
                "is_training_edge_case": any(one["is_edge_case"] for one in both),
                "edge_case_kind": next((one["edge_case_kind"] for one in both if one["edge_case_kind"]), ""),
                **identifiers_of([*chosen["prompt"], *replies[0], *replies[1]], source),
                "parents": [one["parent"] for one in both],
            },
        }


def _rank(reply: Mapping[str, Any], judge: str) -> tuple[float, float, str]:
    """Return the order of replies, the safest first; the rules break a tie, then the words, never the place."""
    return (-reply["scores"][judge], -reply["scores"].get(ESTIMATED, 0.0), reply["reply"])


def _distinct(replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each reply once: copies hand on what judges say of them, the least safe word first, and their ties."""
    found: dict[str, dict[str, Any]] = {}
    for reply in sorted(replies, key=lambda one: (one["parent"]["raw_sha256"], one["parent"]["byte_offset"])):
        known = found.setdefault(reply["reply"], reply)
        if known is reply:
            continue
        for judge, score in reply["scores"].items():
            known["scores"][judge] = min(score, known["scores"].get(judge, 1.0))
        if reply["preferred"] is not None:
            # Chosen here and rejected there says nothing.
            contested = known["preferred"] is not None and known["preferred"] != reply["preferred"]
            known["preferred"] = None if contested else reply["preferred"]
        known["group_keys"] = list(dict.fromkeys([*known["group_keys"], *reply["group_keys"]]))
        known["is_edge_case"] |= reply["is_edge_case"]
        known["edge_case_kind"] = known["edge_case_kind"] or reply["edge_case_kind"]
        known["split"] = known["split"] or reply["split"]
    return list(found.values())


class _Lines:
    """Reads lines out of the files of units."""

    def __init__(self, extracted: Extracted) -> None:
        self._stems = extracted.stems
        self._opened = lru_cache(maxsize=_OPEN_FILES)(self._open)

    def _open(self, unit: int) -> Any:
        return np.memmap(f"{self._stems[unit]}.lines", dtype=np.uint8, mode="r")

    def line(self, row: tuple[int, int, int]) -> bytes:
        unit, offset, length = row
        data: bytes = self._opened(unit)[offset : offset + length].tobytes()
        return data


def _groups(extracted: Extracted) -> Iterator[list[tuple[int, int, int]]]:
    """Yield the places (unit, offset, length) of the replies to each prompt."""
    parts, units = [], []
    for number, stem in enumerate(extracted.stems):
        stream: IO[bytes]
        with Path(f"{stem}.index").open("rb") as stream:
            rows = np.fromfile(stream, dtype=INDEX)
        parts.append(rows)
        units.append(np.full(len(rows), number, dtype=np.uint32))
    rows, unit = np.concatenate(parts), np.concatenate(units)
    order = np.lexsort((rows["offset"], unit, rows["k1"], rows["k0"]))
    group: list[tuple[int, int, int]] = []
    before = None
    for place in order.tolist():
        row = rows[place]
        key = (int(row["k0"]), int(row["k1"]))
        if group and key != before:
            yield group
            group = []
        before = key
        group.append((int(unit[place]), int(row["offset"]), int(row["length"])))
    if group:
        yield group
