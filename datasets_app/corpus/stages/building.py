"""The coordinator: read and judge all rows, settle copies, choose by shares, write the files, the manifest last.

Reading and judging runs in units that an executor does, with markers, so that a killed build goes on where it was.
Which record is chosen depends on the records and the seed alone: not on workers, unit size or the order of the input.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

import msgspec

from datasets_app.corpus.engine import CompileError, Executor, Input, PlacesSpec
from datasets_app.corpus.engine.executors.inline import InlineExecutor
from datasets_app.corpus.engine.facts import move_release
from datasets_app.corpus.engine.places import make_places
from datasets_app.corpus.engine.plan import Unit, code_digest, plan_units
from datasets_app.corpus.engine.settings import MIB, CancelCheck, ProgressSink
from datasets_app.corpus.engine.stage import Stages
from datasets_app.corpus.routing import DEFAULT_FILE
from datasets_app.corpus.structure import DEFAULT_RULES, StructureRules

from .choosing import choose_records
from .ladders import LADDERS
from .locking import held
from .manifest import StageManifest
from .mapping import StageResult, StageTask
from .writing import write_ladder

# What a release holds back stays held back: no conversation of these may be trained on.
_HELD_BACK: Final = re.compile(r"(?:^|/)shards/(?:val|test)/")


# Puts the files of a finished folder, its manifest last, where they belong.
Publisher = Callable[[Path], None]


class BuildSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides the bytes of the ladder but its inputs.

    `total` is the wanted number of records (None: the largest ladder whose shares hold). `without_empty_stages` shares
    the records among the stages that have any; otherwise an empty stage is an error. `routing` is a routing table's
    file, "" for the one of the hub.
    """

    ladder: Literal["four", "seven"] = "four"
    seed: int = 1
    total: int | None = None
    without_empty_stages: bool = False
    rules: StructureRules = DEFAULT_RULES
    routing: str = ""
    unit_bytes: int = 8 * MIB
    places: PlacesSpec = PlacesSpec()

    def __post_init__(self) -> None:
        if self.total is not None and self.total < 1:
            raise ValueError("a ladder has at least one record")
        if self.unit_bytes < 1:
            raise ValueError("a unit has at least one byte")


class StageReport(msgspec.Struct, frozen=True, kw_only=True):
    """A build: its manifest, and how many of its units an earlier build had done."""

    manifest: StageManifest
    units: int
    units_resumed: int


def build_stages(
    inputs: Sequence[Input],
    output: Path | Publisher | None,
    settings: BuildSettings,
    *,
    workdir: Path,
    executor: Executor | None = None,
    progress: ProgressSink = lambda _: None,
    cancelled: CancelCheck = lambda: False,
) -> StageReport:
    """Build a ladder into the folder `output` or hand it to a publisher; None: a dry run that writes nothing but work.

    `workdir` holds finished units and must be readable by all workers; two builds cannot use it at once. The folder
    appears only when all is written; a publisher is given the same bytes each time, so it may have been cut off before.
    Raises CompileError, CompileCancelled, TaskFailed, UnreadableFile, ValueError and what the publisher raises.
    """
    with held(workdir):
        return _build(
            inputs, output, settings, work=workdir.resolve(), executor=executor, progress=progress, cancelled=cancelled
        )


def _build(
    inputs: Sequence[Input],
    output: Path | Publisher | None,
    settings: BuildSettings,
    *,
    work: Path,
    executor: Executor | None,
    progress: ProgressSink,
    cancelled: CancelCheck,
) -> StageReport:
    if isinstance(output, Path) and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise CompileError(f"{output} exists and is not empty; a ladder is never overwritten")
    ladder = LADDERS[settings.ladder]
    units, held_back = _planned(sorted(inputs), settings)
    (work / "units").mkdir(parents=True, exist_ok=True)
    routing = hashlib.sha256(Path(settings.routing or DEFAULT_FILE).read_bytes()).hexdigest()
    conditions = msgspec.json.encode([code_digest(), settings.ladder, settings.rules, routing])
    tasks = [
        StageTask(
            stem=str(work / "units" / unit.name(conditions)),
            input=unit.input,
            segments=unit.segments,
            ladder=settings.ladder,
            rules=settings.rules,
            places=settings.places,
            routing=settings.routing,
        )
        for unit in units
    ]
    stages = Stages(executor or InlineExecutor(), progress, cancelled, "datasets_app.corpus.stages")
    mapped: dict[int, StageResult] = {}
    weights = [unit.weight for unit in units]
    for position, data in stages.run("judge", "mapping:map_unit", tasks, weights=weights, unit="bytes"):
        mapped[position] = msgspec.json.decode(data, type=StageResult)
    results = [mapped[position] for position in range(len(tasks))]
    stems = [Path(task.stem) for task in tasks]
    chosen = choose_records(
        stems,
        ladder,
        seed=settings.seed,
        total=settings.total,
        without_empty_stages=settings.without_empty_stages,
    )
    folder = None if output is None else work / "ladder"
    manifest = write_ladder(
        folder, ladder, chosen, units, results, stems,
        seed=settings.seed, wanted=settings.total, held_back=held_back, routing_sha256=routing,
    )  # fmt: skip
    if folder is None or output is None:
        return StageReport(manifest=manifest, units=len(units), units_resumed=stages.resumed["judge"])
    if isinstance(output, Path):
        move_release(folder, output)
    else:
        # Publishing takes long: a cancellation is heard before it, and a broken one is taken up by the next run.
        stages.check()
        output(folder)
    return StageReport(manifest=manifest, units=len(units), units_resumed=stages.resumed["judge"])


def make_publisher(factory: str, address: str) -> Publisher:
    """Return the publisher that a factory ("module:name") makes of an address. Raises ValueError for one of neither."""
    module, _, name = factory.partition(":")
    made: Publisher = getattr(import_module(module), name)(address)
    return made


def _planned(inputs: Sequence[Input], settings: BuildSettings) -> tuple[list[Unit], int]:
    """Return the units to read, without the objects of a release's validation and test splits, and their number."""
    held_back: set[str] = set()
    units = []
    for unit in plan_units(inputs, make_places(settings.places), settings.unit_bytes):
        held_back.update(segment.key for segment in unit.segments if _HELD_BACK.search(segment.key))
        kept = [segment for segment in unit.segments if not _HELD_BACK.search(segment.key)]
        if kept:
            units.append(Unit(unit.input, kept))
    if not units:
        raise CompileError("there is nothing to read: only held-back splits of a release were named")
    return units, len(held_back)
