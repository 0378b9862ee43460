"""The coordinator: plans units, runs the stages, keeps columns of numbers, seals the release, writes the report.

    map      byte ranges -> prepared lines and binary index, in the order of content hashes
    reduce   ranges of content hashes -> the winner among all copies
    similar  bands -> candidate pairs -> pairs that are near-duplicates
    place    groups, clusters and pins -> splits (here, on columns of numbers)
    write    shards, then datasheet, Croissant, gates and the manifest last

Only facts that do not depend on the order of files and rows reach the release.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from datasets_app.corpus.dedup.minhash import BANDS
from datasets_app.corpus.manifest import MANIFEST, seal_release
from pixelhub.canonical import canonical_json, sha256_hex

from .executors import Executor
from .executors.inline import InlineExecutor
from .facts import added, described, intake_totals, manifest_facts, manifest_params, move_release
from .layout import FENCES, Array, write_atomically, write_table
from .mapping import MapResult, MapTask
from .pins import Pins, read_pins
from .places import make_places
from .placing import Places, place
from .plan import Unit, code_digest, plan_units
from .reducing import ReduceResult, ReduceTask, UnitSlice
from .reporting import write_reports
from .settings import CancelCheck, CompileError, CompileReport, CompileSettings, Input, ProgressSink
from .similar import PAIR, BandTask, JudgeTask, Part, unpacked
from .stage import Stages
from .winners import Winners
from .writing import write_shards

# Small enough for a worker of 80 MB; beyond 25 million records the ranges grow.
_ROWS_PER_RANGE: Final = 25_000
_ROWS_PER_BAND_TASK: Final = 500_000
_PAIRS_PER_TASK: Final = 4_000


def compile_corpus(
    inputs: Sequence[Input],
    output: Path,
    settings: CompileSettings,
    *,
    executor: Executor | None = None,
    workdir: Path,
    progress: ProgressSink = lambda _: None,
    cancelled: CancelCheck = lambda: False,
) -> CompileReport:
    """Compile the inputs into a release in the folder `output` and return what was done.

    `workdir` holds finished units; with the same one a compile that was killed goes on where it was. It must be
    readable and writable by all workers. `output` is replaced only when the release is complete. Raises CompileError,
    CompileCancelled, TaskFailed, UnreadableFile and ValueError.
    """
    return _Compile(inputs, output, settings, executor or InlineExecutor(), workdir, progress, cancelled).run()


class _Compile:
    def __init__(
        self,
        inputs: Sequence[Input],
        output: Path,
        settings: CompileSettings,
        executor: Executor,
        workdir: Path,
        progress: ProgressSink,
        cancelled: CancelCheck,
    ) -> None:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise CompileError(f"{output} exists and is not empty; a release is never overwritten")
        self._inputs = sorted(inputs)
        self._settings = settings
        self._output = output
        self._work = workdir.resolve()
        self._places = make_places(settings.places)
        self._stages = Stages(executor, progress, cancelled)
        self._units: list[Unit] = []
        self._stems: list[str] = []
        self._mapped: list[MapResult] = []

    def run(self) -> CompileReport:
        began = time.monotonic()
        self._map()
        # Whatever follows depends on all units and all settings: its files are named after both.
        conditions = msgspec.json.encode([self._stems, msgspec.structs.replace(self._settings, unit_bytes=1)])
        folder = self._work / f"release-{sha256_hex(conditions)[:24]}"
        folder.mkdir(exist_ok=True)
        winners, reduced = self._reduce(folder)
        near = self._similar(folder, winners)
        pins = read_pins(self._settings.parent, self._places) if self._settings.parent else None
        self._stages.check()
        placed = place(winners, near, self._settings, pins)
        manifest = self._write(folder, winners, placed, sum(result.edge_contents for result in reduced), pins)
        report = self._report(manifest, winners, placed, began)
        reports = self._work / "report"
        write_reports(reports, self._units, self._stems, self._mapped, winners, placed, report)
        move_release(folder / "release", self._output)
        return report

    def _map(self) -> None:
        settings = self._settings
        self._units = plan_units(self._inputs, self._places, settings.unit_bytes)
        folder = self._work / "units"
        folder.mkdir(parents=True, exist_ok=True)
        tasks = []
        for unit in self._units:
            mode = settings.pii_mode(unit.input.source)
            bands = settings.near_duplicates != "off"
            stem = folder / unit.name(msgspec.json.encode([code_digest(), settings.rules, mode, bands]))
            tasks.append(
                MapTask(
                    stem=str(stem),
                    input=unit.input,
                    segments=unit.segments,
                    rules=settings.rules,
                    pii=mode,
                    bands=bands,
                    places=settings.places,
                )
            )
        self._stems = [task.stem for task in tasks]
        mapped: dict[int, MapResult] = {}
        weights = [unit.weight for unit in self._units]
        for position, data in self._stages.run("map", "mapping:map_unit", tasks, weights=weights, unit="bytes"):
            mapped[position] = msgspec.json.decode(data, type=MapResult)
        self._mapped = [mapped[position] for position in range(len(tasks))]
        if not any(result.accepted for result in self._mapped):
            raise CompileError("no row of the input could be taken in")

    def _reduce(self, folder: Path) -> tuple[Winners, list[ReduceResult]]:
        families = sorted({name for result in self._mapped for name in result.families})
        ranks = {described: rank for rank, described in enumerate(sorted({described(i) for i in self._inputs}))}
        slices = [
            UnitSlice(
                unit=number,
                stem=self._stems[number],
                rank=ranks[described(unit.input)],
                families=[families.index(name) for name in self._mapped[number].families],
            )
            for number, unit in enumerate(self._units)
        ]
        units = write_table(folder / "slices", slices)
        rows = sum(result.accepted for result in self._mapped)
        ranges = min(FENCES, 1 << (max(1, -(-rows // _ROWS_PER_RANGE)) - 1).bit_length())
        width = FENCES // ranges
        tasks = [
            ReduceTask(
                stem=str(folder / f"range-{number:05d}"),
                low=number * width,
                high=(number + 1) * width,
                bands=self._settings.near_duplicates != "off",
                units=units,
            )
            for number in range(ranges)
        ]
        found: dict[int, ReduceResult] = {}
        for position, data in self._stages.run("reduce", "reducing:reduce_range", tasks, unit="ranges"):
            found[position] = msgspec.json.decode(data, type=ReduceResult)
        results = [found[number] for number in range(ranges)]
        parts, base = [], 0
        for task, result in zip(tasks, results, strict=True):
            parts.append(Part(task.stem, base, result.winners))
            base += result.winners
        return Winners(parts, folder, families), results

    def _similar(self, folder: Path, winners: Winners) -> tuple[Array, Array]:
        """Return the pairs of rows that are near-duplicates."""
        if self._settings.near_duplicates == "off":
            return unpacked(np.zeros(0, dtype=PAIR))
        of = max(1, -(-winners.count // _ROWS_PER_BAND_TASK))
        parts = write_table(folder / "parts", winners.parts)
        units = write_table(folder / "stems", self._stems)
        bands = [
            BandTask(stem=str(folder / f"band-{band:02d}-{number:03d}"), band=band, slice=number, of=of, parts=parts)
            for band in range(BANDS)
            for number in range(of)
        ]
        self._finish("candidates", "similar:band_pairs", bands, "bands")
        candidates = _pairs_of(bands)
        pairs = folder / f"candidates-{sha256_hex(candidates.tobytes())[:16]}.pairs"
        write_atomically(pairs, [candidates.tobytes()])
        judged = [
            JudgeTask(
                stem=str(folder / f"judged-{start:012d}"),
                pairs=str(pairs),
                start=start,
                end=min(start + _PAIRS_PER_TASK, len(candidates)),
                threshold=self._settings.threshold,
                parts=parts,
                units=units,
            )
            for start in range(0, len(candidates), _PAIRS_PER_TASK)
        ]
        self._finish("near-duplicates", "similar:judge_pairs", judged, "chunks")
        return unpacked(_pairs_of(judged))

    def _finish(self, stage: str, function: str, tasks: Sequence[BandTask | JudgeTask], unit: str) -> None:
        for _ in self._stages.run(stage, function, tasks, unit=unit):
            pass

    def _write(self, folder: Path, winners: Winners, placed: Places, edges: int, pins: Pins | None) -> dict[str, Any]:
        settings = self._settings
        totals = intake_totals(self._mapped, winners.count, int(placed.kept.sum()))
        root = folder / "release"
        (root / MANIFEST).unlink(missing_ok=True)
        stems = write_table(folder / "stems", self._stems)
        shards, counts = write_shards(self._stages, winners, placed, settings.shard_lines, folder, root, stems)
        return seal_release(
            root,
            shards,
            counts,
            project=settings.project,
            version=settings.version,
            params=manifest_params(settings, self._inputs, pins),
            snapshots=settings.snapshots,
            edge_cases_expected=edges,
            facts=manifest_facts(self._units, self._mapped, totals, pins),
        )

    def _report(self, manifest: dict[str, Any], winners: Winners, placed: Places, began: float) -> CompileReport:
        totals = intake_totals(self._mapped, winners.count, int(placed.kept.sum()))
        splits = manifest["counts"]["splits"]
        return CompileReport(
            manifest_sha256=sha256_hex(canonical_json(manifest)),
            release_sha256=manifest["sha256"],
            clusters=placed.clusters,
            groups=placed.groups,
            pii_findings=added(result.pii_findings for result in self._mapped),
            splits={split: splits[split]["total"] for split in splits},
            units=len(self._units),
            units_resumed=self._stages.resumed["map"],
            seconds=round(time.monotonic() - began, 3),
            gates=manifest["gates"],
            report_folder=str(self._work / "report"),
            **totals,
        )


def _pairs_of(tasks: Sequence[BandTask | JudgeTask]) -> Array:
    found = [np.fromfile(f"{task.stem}.pairs", dtype=PAIR) for task in tasks]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=PAIR)
