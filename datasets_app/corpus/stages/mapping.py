"""One unit of raw rows becomes judged records, an index of them, and what was refused, each with its reasons.

Files of a unit, in the order of its rows: `.lines` (records as they are written), `.index` (INDEX) and `.quarantine`.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine.layout import EDGE_KINDS, SOURCES, once, write_atomically
from datasets_app.corpus.engine.places import Places, make_places
from datasets_app.corpus.engine.plan import Segment, open_rows
from datasets_app.corpus.engine.settings import Input, PlacesSpec
from datasets_app.corpus.hashing import record_hash
from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.quarantine import quarantined
from datasets_app.corpus.reading import RangeRows, RawRow
from datasets_app.corpus.routing import load_routing
from datasets_app.corpus.structure import StructureRules

from .facts import Facts, facts_of, route_of, says_edge_case
from .ladders import LADDERS, Rung
from .scores import Scored, score
from .validators import Verdict, standing

# A record that may stand on its rung. h0, h1 begin its content hash; scores that nothing could judge are NaN.
INDEX: Final = np.dtype(
    [
        ("h0", ">u8"), ("h1", ">u8"), ("raw", ">u8"), ("offset", "<u8"), ("length", "<u4"),
        ("empathy", "<f4"), ("reasoning", "<f4"), ("safety", "<f4"),
        ("rung", "u1"), ("flags", "u1"), ("type", "u1"), ("source", "u1"), ("family", "u1"), ("edge_kind", "u1"),
        ("bias", "u1"),
    ]
)  # fmt: skip
EDGE, OVERRIDE, BYPASSED, GIVEN, MOVED, CRISIS = 1, 2, 4, 8, 16, 32
UNLABELLED: Final = len(taxonomy.CRISIS_TYPES)
NO_FAMILY: Final = len(taxonomy.FAMILIES)
SCORES: Final = ("empathy", "reasoning", "safety")
_FAMILIES: Final = (*taxonomy.FAMILIES, "")


class StageTask(msgspec.Struct, frozen=True, kw_only=True):
    """One unit: segments of objects of one input. `routing` is the file of the routing table, "" for the hub's own."""

    stem: str
    input: Input
    segments: list[Segment]
    ladder: str
    rules: StructureRules
    places: PlacesSpec
    routing: str = ""


class RungCounts(msgspec.Struct):
    """What a unit saw of one rung: rows that belong there = accepted + rejected + moved_out (by reason).

    `moved_in` came from other rungs, which refused them.
    """

    seen: int = 0
    accepted: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    moved_in: int = 0
    moved_out: dict[str, int] = {}
    bypassed: dict[str, int] = {}
    bias: dict[str, int] = {}


class StageResult(msgspec.Struct, kw_only=True):
    """What a unit counted: read = refused (no rung is known) + what its rungs saw."""

    read: int = 0
    refused: int = 0
    lines: list[int] = []
    raw_sum: str = ""
    reasons: dict[str, int] = {}
    refused_edge_cases: int = 0
    rungs: dict[int, RungCounts] = {}


def map_unit(data: bytes) -> bytes:
    """Do one unit of work and return its StageResult as JSON."""
    task = msgspec.json.decode(data, type=StageTask)
    return once(Path(f"{task.stem}.done"), lambda: _Unit(task, make_places(task.places)).run())


class _Unit:
    def __init__(self, task: StageTask, places: Places) -> None:
        self._task = task
        self._places = places
        self._ladder = LADDERS[task.ladder]
        self._routing = load_routing(Path(task.routing) if task.routing else None)
        self._rungs = {rung.number: _Counting() for rung in self._ladder.rungs}
        self._refused: Counter[str] = Counter()
        self._refused_edge_cases = 0
        self._lines: list[bytes] = []
        self._index: list[tuple[Any, ...]] = []
        self._quarantine = bytearray()
        self._offset = 0

    def run(self) -> tuple[bytes, list[Path]]:
        read, raw_sum = 0, 0
        lines = []
        for number, segment in enumerate(self._task.segments):
            family, stage = self._described(segment)
            with open_rows(segment, self._places) as found:
                for raw in found:
                    read += 1
                    raw_sum += int.from_bytes(hashlib.sha256(raw.raw).digest(), "big")
                    try:
                        prepared = prepare(raw, family, self._task.rules)
                    except RowRejected as rejected:
                        self._refused[rejected.reason] += 1
                        self._refused_edge_cases += says_edge_case(raw.as_json or raw.raw)
                        self._hold(number, segment, raw, rejected.reason, rejected.detail)
                    else:
                        self._judge(prepared, family, stage, (number, segment, raw))
                lines.append(found.lines if isinstance(found, RangeRows) else 0)
        result = StageResult(
            read=read,
            refused=self._refused.total(),
            lines=lines,
            raw_sum=f"{raw_sum % (1 << 256):064x}",
            reasons=dict(sorted(self._refused.items())),
            refused_edge_cases=self._refused_edge_cases,
            rungs={number: counting.result() for number, counting in self._rungs.items()},
        )
        return msgspec.json.encode(result), self._write()

    def _described(self, segment: Segment) -> tuple[str, int]:
        """Return family and stage of an object's rows: by its path, else as was said of the input."""
        entry = self._task.input
        return route_of(segment.key, self._routing) or (entry.family, entry.stage)

    def _judge(self, prepared: Prepared, family: str, stage: int, place: tuple[int, Segment, RawRow]) -> None:
        converted = prepared.converted
        facts = facts_of(converted.metadata, family=family, stage=stage, source=self._task.input.source)
        own = self._ladder.rung_of(stage=facts.stage, family=facts.family, simulated_task=facts.simulated_task)
        scored = score(
            converted.messages,
            crisis_type=converted.proposed_type or None,
            severity=converted.proposed_severity,
            origin=converted.metadata,
            given=facts.scores,
        )
        turns = sum(message["role"] != "system" for message in converted.messages)
        rung, verdict = standing(self._ladder, own, facts, scored, turns=turns, edge_case=converted.is_edge_case)
        self._rungs[own.number].add(verdict, scored)
        if rung != own:
            self._rungs[rung.number].moved_in += 1
        if verdict.reasons:
            number, segment, raw = place
            self._hold(number, segment, raw, verdict.reasons[0], ", ".join(verdict.reasons), _judged(rung, scored))
        else:
            self._accept(prepared, facts, rung, own, scored, verdict)

    def _accept(
        self, prepared: Prepared, facts: Facts, rung: Rung, own: Rung, scored: Scored, verdict: Verdict
    ) -> None:
        converted = prepared.converted
        made = _record(prepared, facts, rung, scored, self._task.input)
        if verdict.moved_for:
            made["metadata"] |= {"moved_from": own.name, "moved_for": list(verdict.moved_for)}
        line = orjson.dumps(made, option=orjson.OPT_SORT_KEYS) + b"\n"
        flags = (
            (EDGE if converted.is_edge_case else 0)
            | (OVERRIDE if verdict.override else 0)
            | (BYPASSED if verdict.bypassed else 0)
            | (GIVEN if scored.given else 0)
            | (MOVED if verdict.moved_for else 0)
            | (CRISIS if scored.in_crisis else 0)
        )
        digest = prepared.content_hash[7:]
        kind = converted.proposed_type
        self._index.append(
            (
                int(digest[:16], 16), int(digest[16:32], 16), int(prepared.raw_sha256[:16], 16),
                self._offset, len(line),
                *(math.nan if value is None else value for value in (scored.empathy, scored.reasoning, scored.safety)),
                rung.number, flags, taxonomy.CRISIS_TYPES.index(kind) if kind else UNLABELLED,
                SOURCES.index(facts.source), _FAMILIES.index(facts.family), EDGE_KINDS.index(converted.edge_case_kind),
                len(scored.bias_kinds),
            )
        )  # fmt: skip
        self._lines.append(line)
        self._offset += len(line)

    def _hold(
        self, number: int, segment: Segment, raw: RawRow, reason: str, detail: str, judged: dict[str, Any] | None = None
    ) -> None:
        """Keep a row in quarantine, with all of its bytes."""
        entry = {"object": segment.key, "segment": number, **quarantined(raw, reason, detail, keep=None)}
        self._quarantine += orjson.dumps(entry | (judged or {"stage": None})) + b"\n"

    def _write(self) -> list[Path]:
        stem = self._task.stem
        files: dict[Path, Iterable[bytes | bytearray]] = {
            Path(f"{stem}.lines"): self._lines,
            Path(f"{stem}.index"): [np.array(self._index, dtype=INDEX).tobytes()],
            Path(f"{stem}.quarantine"): [self._quarantine],
        }
        for path, pieces in files.items():
            write_atomically(path, pieces)
        return list(files)


class _Counting:
    """Counts of one rung while rows stream by."""

    def __init__(self) -> None:
        self._seen = self._rejected = self.moved_in = 0
        self._reasons: Counter[str] = Counter()
        self._moved_out: Counter[str] = Counter()
        self._bypassed: Counter[str] = Counter()
        self._bias: Counter[str] = Counter()

    def add(self, verdict: Verdict, scored: Scored) -> None:
        self._seen += 1
        self._rejected += bool(verdict.reasons)
        # A rejected row counts once, under its first reason, and so does a moved one; each itself names them all.
        self._reasons.update(verdict.reasons[:1])
        self._moved_out.update(verdict.moved_for[:1])
        self._bypassed.update(verdict.bypassed)
        self._bias.update(scored.bias_kinds)

    def result(self) -> RungCounts:
        return RungCounts(
            seen=self._seen,
            accepted=self._seen - self._rejected - self._moved_out.total(),
            rejected=self._rejected,
            reasons=dict(sorted(self._reasons.items())),
            moved_in=self.moved_in,
            moved_out=dict(sorted(self._moved_out.items())),
            bypassed=dict(sorted(self._bypassed.items())),
            bias=dict(sorted(self._bias.items())),
        )


def _judged(rung: Rung, scored: Scored) -> dict[str, Any]:
    return {"stage": rung.name, "scores": {name: getattr(scored, name) for name in SCORES}}


def _record(prepared: Prepared, facts: Facts, rung: Rung, scored: Scored, entry: Input) -> dict[str, Any]:
    """Return the training form of a record; the row's other fields stay in `origin`."""
    converted = prepared.converted
    identifier = converted.external_id or prepared.content_hash
    metadata: dict[str, Any] = {
        "content_hash": prepared.content_hash,
        "record_hash": record_hash(identifier, rung.number, facts.source, converted.proposed_severity),
        "source_family": facts.family,
        "stage": rung.number,
        "stage_name": rung.name,
        "source": facts.source,
        "quality_profile": facts.quality_profile or rung.slug,
        "is_training_edge_case": converted.is_edge_case,
        "edge_case_kind": converted.edge_case_kind,
        "group_keys": converted.group_keys,
        # Not `scores`: those were given, and a ladder made of this one would take its own estimates for that.
        "stage_scores": {name: value for name in SCORES if (value := getattr(scored, name)) is not None},
        "provenance": {
            "input": entry.name or facts.family,
            "raw_sha256": prepared.raw_sha256,
            "licence": entry.licence,
            "consent": entry.consent,
        },
        "origin": converted.metadata,
    }
    if facts.persona_id:
        metadata["persona_id"] = facts.persona_id
    if facts.voice_signature:
        metadata["voice_signature"] = facts.voice_signature
    return {
        "id": identifier,
        "messages": converted.messages,
        "crisis_type": converted.proposed_type or None,
        "severity": converted.proposed_severity,
        "metadata": metadata,
    }
