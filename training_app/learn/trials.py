"""Trials of a study on disk: one folder each, its record whole or absent, so that a killed study goes on."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import orjson

from .files import bytes_write

TRIALS_DIR: Final = "trials"
RECORD: Final = "trial.json"
WORK: Final = "work"
State = Literal["running", "complete", "pruned", "failed"]


class TrialRecord(msgspec.Struct):
    """One configuration tried. `value` is its best validation macro F1; `curve` has a row per epoch."""

    number: int
    params: dict[str, bool | int | float | str]
    config_sha256: str
    state: State = "running"
    value: float | None = None
    curve: list[dict[str, float]] = []
    validation: dict[str, Any] = {}
    seconds: float | None = None
    reason: str = ""

    @property
    def is_finished(self) -> bool:
        return self.state != "running"


class Journal:
    """The trials under one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> list[TrialRecord]:
        """Return the records in order of their numbers; a damaged one is as if it had not been."""
        found = []
        for path in sorted(self.folder.glob(f"*/{RECORD}")):
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=TrialRecord))
            except (msgspec.MsgspecError, OSError):
                continue
        return sorted(found, key=lambda record: record.number)

    def write(self, record: TrialRecord) -> None:
        """Write a record; a finished trial loses its checkpoints."""
        place = self.place(record.number)
        place.mkdir(parents=True, exist_ok=True)
        bytes_write(orjson.dumps(msgspec.to_builtins(record), option=orjson.OPT_INDENT_2), place / RECORD)
        if record.is_finished:
            shutil.rmtree(self.work(record.number), ignore_errors=True)

    def place(self, number: int) -> Path:
        return self.folder / f"{number:04d}"

    def work(self, number: int) -> Path:
        """Where the trial keeps its checkpoints while it runs."""
        return self.place(number) / WORK
