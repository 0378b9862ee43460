"""The coordinator: plan, do the units, put their records in one file, the manifest last.

The bytes depend on the objects and the settings alone: not on workers, on the size of a unit or on how often it was
killed. Memory holds counts per object, never records.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine import CompileError, Executor, Input, PlacesSpec
from datasets_app.corpus.engine.executors.inline import InlineExecutor
from datasets_app.corpus.engine.places import Places, make_places
from datasets_app.corpus.engine.plan import Unit, code_digest, plan_units
from datasets_app.corpus.engine.settings import MIB, CancelCheck, ProgressSink
from datasets_app.corpus.engine.stage import Stages
from datasets_app.corpus.reading import UnreadableFile
from datasets_app.corpus.routing import load_routing

from .manifest import MANIFEST_SUFFIX, QUARANTINE_SUFFIX, ExtractionManifest
from .picking import picker_of
from .sources import Selected
from .units import ExtractTask, SegmentResult, UnitResult
from .writing import Extracted, Sets, write_set

#: What a release holds back for validation and test is never read: no set made of it may be trained on.
_HELD_BACK: Final = re.compile(r"(?:^|/)shards/(?:val|test)/")
_WAVE: Final = 4
Told = Callable[[str, SegmentResult], None]


class ExtractSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the bytes of a set but its objects.

    `family` is where the set belongs; `options` are its own. `limit` ends with that many rows taken (0: all).
    `routing` is a routing table's file, "" for the hub's own.
    """

    set: str
    family: str
    options: dict[str, Any] = {}
    limit: int = 0
    routing: str = ""
    unit_bytes: int = 8 * MIB
    places: PlacesSpec = PlacesSpec()

    def __post_init__(self) -> None:
        if self.limit < 0:
            raise ValueError("a limit is not negative")
        if self.unit_bytes < 1:
            raise ValueError("a unit has at least one byte")
        if self.family not in taxonomy.FAMILIES:
            raise ValueError(f"{self.family!r} is no family of the taxonomy")
        picker_of(self.set, self.options)


class ExtractReport(msgspec.Struct, frozen=True, kw_only=True):
    """An extraction: its manifest and files, its units, and how many of them an earlier run had done."""

    manifest: ExtractionManifest
    output: str
    quarantine: str
    manifest_file: str
    units: int
    units_resumed: int


def extract(
    inputs: Sequence[Input],
    output: Path | None,
    settings: ExtractSettings,
    *,
    workdir: Path,
    own: Sequence[str] = (),
    sets: Sets | None = None,
    executor: Executor | None = None,
    progress: ProgressSink = lambda _: None,
    told: Told = lambda *_: None,
    cancelled: CancelCheck = lambda: False,
) -> ExtractReport:
    """Extract a set into `output` (None: a dry run that writes nothing but work).

    `workdir` holds finished units and must be readable by all workers. `own` are addresses that are written and so
    never read. `sets` says how the records of units become lines of the set (as they are). `told(object, counts)` hears
    of each part of an object when it is done. Raises CompileError, CompileCancelled, TaskFailed, UnreadableFile and
    ValueError.
    """
    places = Selected(make_places(settings.places), [*own, *_own_paths(output)], _HELD_BACK)
    units = _planned(inputs, places, settings.unit_bytes)
    stage = load_routing(Path(settings.routing) if settings.routing else None).stage_of(settings.family)
    work = workdir.resolve()
    (work / "units").mkdir(parents=True, exist_ok=True)
    run = _Run(units, settings, stage, places.names, work / "units")
    run.do(Stages(executor or InlineExecutor(), progress, cancelled, __package__), told, (executor or _ONE).workers)
    manifest = write_set(
        work / "set",
        Extracted(run.units, run.results, run.stems, places.names, settings.family, stage),
        settings=settings,
        held_back=len(places.held_back),
        sets=sets or Sets(),
        keep=output is not None,
        name=output.name.removesuffix(".jsonl") if output is not None else "",
    )
    if output is not None:
        _publish(work / "set", output)
    return ExtractReport(
        manifest=manifest,
        output="" if output is None else str(output),
        quarantine="" if output is None else str(beside(output, QUARANTINE_SUFFIX)),
        manifest_file="" if output is None else str(beside(output, MANIFEST_SUFFIX)),
        units=len(run.units),
        units_resumed=run.resumed,
    )


def beside(output: Path, suffix: str) -> Path:
    """Return the file of a set that lies beside its records."""
    return output.with_name(f"{output.name.removesuffix('.jsonl')}{suffix}")


class _One:
    workers = 1


_ONE: Final = _One()


class _Run:
    """Does the units, all at once, or with a limit wave by wave until enough was found."""

    def __init__(
        self, units: list[Unit], settings: ExtractSettings, stage: int, names: dict[str, str], folder: Path
    ) -> None:
        self._settings = settings
        self._stage = stage
        self._names = names
        self._folder = folder
        self._conditions = [code_digest(), settings.set, settings.family, stage, settings.options, settings.routing]
        self.units = units
        self.results: list[UnitResult] = []
        self.stems: list[Path] = []
        self.resumed = 0

    def do(self, stages: Stages, told: Told, workers: int) -> None:
        limit = self._settings.limit
        if not limit:
            self._wave(stages, self.units, 0, told)
            return
        place = 0
        while place < len(self.units) and self._kept() < limit:
            self._wave(stages, self.units[place : place + _WAVE * workers], limit, told)
            place = len(self.results)
        self._end_at(stages, limit, told)

    def _kept(self) -> int:
        return sum(result.kept for result in self.results)

    def _end_at(self, stages: Stages, limit: int, told: Told) -> None:
        """Keep the units up to the one in which the limit is reached, and do that one again up to just there."""
        before = 0
        for position, result in enumerate(self.results):
            if before + result.kept >= limit:
                unit = self.units[position]
                self.units = self.units[: position + 1]
                del self.results[position + 1 :], self.stems[position + 1 :]
                if before:
                    del self.results[position:], self.stems[position:]
                    self._wave(stages, [unit], limit - before, told)
                return
            before += result.kept

    def _wave(self, stages: Stages, units: Sequence[Unit], limit: int, told: Told) -> None:
        tasks = [self._task(unit, limit) for unit in units]
        found: dict[int, UnitResult] = {}
        weights = [unit.weight for unit in units]
        for position, data in stages.run("extract", "units:extract_unit", tasks, weights=weights, unit="bytes"):
            found[position] = msgspec.json.decode(data, type=UnitResult)
            for name, counts in zip(tasks[position].names, found[position].segments, strict=True):
                told(name, counts)
        self.resumed += stages.resumed["extract"]
        self.results += [found[position] for position in range(len(tasks))]
        self.stems += [Path(task.stem) for task in tasks]

    def _task(self, unit: Unit, limit: int) -> ExtractTask:
        settings = self._settings
        names = [self._names[segment.key] for segment in unit.segments]
        conditions = msgspec.json.encode([*self._conditions, limit, names])
        return ExtractTask(
            stem=str(self._folder / unit.name(conditions)),
            set=settings.set,
            family=settings.family,
            stage=self._stage,
            options=settings.options,
            input=unit.input,
            segments=unit.segments,
            names=names,
            places=settings.places,
            routing=settings.routing,
            limit=limit,
        )


def _planned(inputs: Sequence[Input], places: Places, unit_bytes: int) -> list[Unit]:
    units = plan_units(inputs, places, unit_bytes)
    if not units:
        raise UnreadableFile(
            "there is nothing to read: no file of conversations, or only held-back splits of a release"
        )
    return units


def _own_paths(output: Path | None) -> list[str]:
    if output is None:
        return []
    return [
        str(path.resolve()) for path in (output, beside(output, QUARANTINE_SUFFIX), beside(output, MANIFEST_SUFFIX))
    ]


def _publish(folder: Path, output: Path) -> None:
    """Put the files in their place, the manifest last: without one beside them the records are not whole."""
    output.parent.mkdir(parents=True, exist_ok=True)
    manifest = beside(output, MANIFEST_SUFFIX)
    manifest.unlink(missing_ok=True)
    for target in (beside(output, QUARANTINE_SUFFIX), output, manifest):
        _moved(folder / target.name, target)
    shutil.rmtree(folder)


def _moved(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        draft = target.with_name(f".{target.name}.draft")
        try:
            shutil.copyfile(source, draft)
        except OSError:
            raise CompileError(f"{target} cannot be written ({error.strerror})") from None
        draft.replace(target)
