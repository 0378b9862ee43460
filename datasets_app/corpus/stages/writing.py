"""The files of a ladder: one per stage, the quarantine, and the manifest that is written last."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine.facts import added
from datasets_app.corpus.engine.layout import EDGE_KINDS, SOURCES
from datasets_app.corpus.engine.plan import Unit
from datasets_app.corpus.engine.reporting import Where
from datasets_app.corpus.manifest import CODE_VERSION

from .choosing import Chosen, flagged
from .ladders import TOLERANCE_POINTS, Ladder, Rung
from .manifest import (
    FORMAT,
    MANIFEST,
    QUARANTINE,
    FileFacts,
    InputFacts,
    ScoreFacts,
    StageManifest,
    StageMetrics,
)
from .mapping import CRISIS, EDGE, GIVEN, OVERRIDE, SCORES, RungCounts, StageResult

Array = npt.NDArray[Any]
_OPEN_UNITS = 64


def write_ladder(
    folder: Path | None,
    ladder: Ladder,
    chosen: Chosen,
    units: Sequence[Unit],
    results: Sequence[StageResult],
    stems: Sequence[Path],
    *,
    seed: int,
    wanted: int | None,
    held_back: int,
    routing_sha256: str,
) -> StageManifest:
    """Write all files into `folder` (None: none of them) and return the manifest."""
    files: dict[str, FileFacts] = {}
    quarantine = None
    if folder is not None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        read = _Lines(stems)
        for rung in ladder.rungs:
            if rung.number not in chosen.empty:
                files[rung.file] = _written(folder / rung.file, map(read.line, chosen.rows[rung.number]))
        quarantine = _written(folder / QUARANTINE, _quarantine(units, results, stems))
    counts = {rung.number: _added([result.rungs[rung.number] for result in results]) for rung in ladder.rungs}
    metrics = {rung.name: _metrics(rung, counts[rung.number], chosen) for rung in ladder.rungs}
    manifest = _manifest(ladder, chosen, results, metrics, files, quarantine, _inputs(units, results))
    manifest = msgspec.structs.replace(
        manifest, seed=seed, wanted=wanted, held_back_objects=held_back, routing_sha256=routing_sha256
    )
    if folder is not None:
        text = orjson.dumps(msgspec.to_builtins(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        (folder / MANIFEST).write_bytes(text + b"\n")
    return manifest


class _Lines:
    """Reads the lines of records out of the units' files."""

    def __init__(self, stems: Sequence[Path]) -> None:
        self._stems = stems
        self._opened = lru_cache(maxsize=_OPEN_UNITS)(self._open)

    def _open(self, unit: int) -> Array:
        found: Array = np.memmap(f"{self._stems[unit]}.lines", dtype=np.uint8, mode="r")
        return found

    def line(self, row: Any) -> bytes:
        start = int(row["offset"])
        data = self._opened(int(row["unit"]))[start : start + int(row["length"])].tobytes()
        if not row["flags"] & EDGE or row["was_edge"]:
            return data
        # A copy of it is an edge case, and so it is one.
        record = orjson.loads(data)
        record["metadata"]["is_training_edge_case"] = True
        record["metadata"]["edge_case_kind"] = EDGE_KINDS[int(row["edge_kind"])]
        return orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n"


def _written(path: Path, lines: Iterator[bytes]) -> FileFacts:
    digest = hashlib.sha256()
    size = records = 0
    with path.open("wb") as sink:
        for line in lines:
            sink.write(line)
            digest.update(line)
            size += len(line)
            records += 1
    return FileFacts(sha256=digest.hexdigest(), bytes=size, records=records)


def _quarantine(units: Sequence[Unit], results: Sequence[StageResult], stems: Sequence[Path]) -> Iterator[bytes]:
    where = Where(units, [result.lines for result in results])
    for unit, stem in enumerate(stems):
        stream: IO[bytes]
        with Path(f"{stem}.quarantine").open("rb") as stream:
            for raw in stream:
                entry = orjson.loads(raw)
                entry["line"] = where.line(unit, entry.pop("segment"), entry["line"])
                yield orjson.dumps(entry) + b"\n"


def _added(parts: Sequence[RungCounts]) -> RungCounts:
    whole = RungCounts()
    for name in ("seen", "accepted", "rejected", "moved_in"):
        setattr(whole, name, sum(getattr(part, name) for part in parts))
    for name in ("reasons", "moved_out", "bypassed", "bias"):
        setattr(whole, name, added(getattr(part, name) for part in parts))
    return whole


def _metrics(rung: Rung, counts: RungCounts, chosen: Chosen) -> StageMetrics:
    rows = chosen.rows[rung.number]
    wanted = chosen.shares[rung.number]
    share = len(rows) / chosen.total
    targets = {"empathy": rung.demands.empathy, "reasoning": rung.demands.reasoning, "safety": rung.demands.safety}
    types = (*taxonomy.CRISIS_TYPES, "unlabelled")
    families = (*taxonomy.FAMILIES, "none named")
    return StageMetrics(
        label=rung.label,
        file="" if rung.number in chosen.empty else rung.file,
        share_wanted=round(wanted, 6),
        share=round(share, 6),
        deviation_points=round(100 * (share - wanted), 4),
        seen=counts.seen,
        rejected=counts.rejected,
        reasons=counts.reasons,
        moved_in=counts.moved_in,
        moved_out=counts.moved_out,
        copies=chosen.copies[rung.number],
        left_out=chosen.left_out[rung.number],
        records=len(rows),
        edge_cases=flagged(rows, EDGE),
        edge_cases_left_out=chosen.edge_cases_left_out[rung.number],
        crises=flagged(rows, CRISIS),
        crises_left_out=chosen.crises_left_out[rung.number],
        bypassed=counts.bypassed,
        crisis_overrides=flagged(rows, OVERRIDE),
        bias_seen=counts.bias,
        bias_flagged=int(np.count_nonzero(rows["bias"])),
        scores_given=flagged(rows, GIVEN),
        scores={name: _score(rows[name], targets[name]) for name in SCORES},
        sources=_named(rows["source"], SOURCES),
        families=_named(rows["family"], families),
        crisis_types=_named(rows["type"], types),
    )


def _named(codes: Array, names: Sequence[str]) -> dict[str, int]:
    counted = np.bincount(codes, minlength=len(names)).tolist()
    return {name: count for name, count in zip(names, counted, strict=True) if count}


def _score(values: Array, target: float | None) -> ScoreFacts:
    judged = np.sort(values[~np.isnan(values)].astype(np.float64))
    if not len(judged):
        return ScoreFacts(mean=None, lowest=None, n=0, target=target)
    return ScoreFacts(
        mean=round(float(judged.mean()), 4), lowest=round(float(judged[0]), 4), n=len(judged), target=target
    )


def _inputs(units: Sequence[Unit], results: Sequence[StageResult]) -> list[InputFacts]:
    found: dict[tuple[str, str, str, int, str, str], list[int]] = {}
    objects: dict[tuple[str, str, str, int, str, str], set[str]] = {}
    for unit, result in zip(units, results, strict=True):
        entry = unit.input
        key = (entry.name or entry.family, entry.source, entry.family, entry.stage, entry.licence, entry.consent)
        sums = found.setdefault(key, [0, 0, 0])
        sums[0] += unit.weight
        sums[1] += result.read
        sums[2] += int(result.raw_sum, 16)
        objects.setdefault(key, set()).update(segment.key for segment in unit.segments)
    return [
        InputFacts(
            name=key[0],
            source=key[1],
            family=key[2],
            stage=key[3],
            licence=key[4],
            consent=key[5],
            objects=len(objects[key]),
            bytes=sums[0],
            rows=sums[1],
            raw_sum=f"{sums[2] % (1 << 256):064x}",
        )
        for key, sums in sorted(found.items())
    ]


def _manifest(
    ladder: Ladder,
    chosen: Chosen,
    results: Sequence[StageResult],
    metrics: dict[str, StageMetrics],
    files: dict[str, FileFacts],
    quarantine: FileFacts | None,
    inputs: list[InputFacts],
) -> StageManifest:
    read = sum(result.read for result in results)
    refused = sum(result.refused for result in results)
    whole = list(metrics.values())
    rejected, copies = sum(stage.rejected for stage in whole), sum(stage.copies for stage in whole)
    left_out, records = sum(stage.left_out for stage in whole), sum(stage.records for stage in whole)
    each = all(map(_adds_up, whole)) and sum(stage.moved_in for stage in whole) == sum(map(_moved_out, whole))
    held = quarantine is None or quarantine.records == refused + rejected
    return StageManifest(
        format=FORMAT,
        code_version=CODE_VERSION,
        routing_sha256="",
        ladder=ladder.name,
        conflict_order=ladder.conflict_order,
        seed=0,
        wanted=None,
        total=records,
        read=read,
        refused=refused,
        refused_reasons=added(result.reasons for result in results),
        refused_edge_cases=sum(result.refused_edge_cases for result in results),
        rejected=rejected,
        copies=copies,
        left_out=left_out,
        adds_up=each and held and read == refused + rejected + copies + left_out + records,
        tolerance_points=TOLERANCE_POINTS,
        ratios_hold=all(abs(stage.deviation_points) <= TOLERANCE_POINTS for stage in whole),
        empty_stages=[ladder.by_number[number].name for number in chosen.empty],
        held_back_objects=0,
        inputs=inputs,
        files=files,
        quarantine=quarantine,
        stage_metrics=metrics,
    )


def _adds_up(stage: StageMetrics) -> bool:
    gone = _moved_out(stage) + stage.rejected + stage.copies + stage.left_out
    return stage.seen + stage.moved_in == gone + stage.records


def _moved_out(stage: StageMetrics) -> int:
    return sum(stage.moved_out.values())
