"""Files for the ordinary import: generated conversations, rows of real files, and sentences taken out of long posts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.dedup.minhash import jaccard
from datasets_app.corpus.near import BandSpill
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.weak import excerpt_of
from datasets_app.models import Record

from .sources import (
    HALVED,
    HELD_BACK,
    TRAINING_FILES,
    HeldBack,
    TrainingFile,
    as_post,
    is_held_back,
    seed_of,
    taken,
    words_of,
)

# A training row this like a held-back one would make the held-back figures a memory test.
NEAR_COPY: Final = 0.5
_TRAINING_SIDE, _HELD_BACK_SIDE = 0, 1


def write_generated(path: Path, *, count: int, seed: int) -> Path:
    """Write generated conversations with the labels that the generator knows."""
    return _write(path, generate(count, seed))


def write_rows(path: Path, source: TrainingFile, folder: Path, held_back: list[str]) -> tuple[Path, int]:
    """Write the rows of a real file that may be learned from; returns how many are near-copies of held-back ones."""
    rows = taken(_read(folder / source.file_name), source)
    copies = near_copies([str(row.get("text", "")) for row in rows], held_back)
    return _write(path, (row for number, row in enumerate(rows) if number not in copies)), len(copies)


def held_back_texts(folder: Path) -> list[str]:
    """Return what the people of the held-back rows wrote, a text for each row of the files that are there."""
    there = (held_back for held_back in HELD_BACK if (folder / held_back.file_name).is_file())
    return [words_of(row) for held_back in there for row in _held_rows(held_back, folder)]


def write_held_back(path: Path, held_back: HeldBack, folder: Path) -> Path:
    """Write the rows of a file that are reported on: those that the model was not meant to learn from."""
    return _write(path, (as_post(row) for row in _held_rows(held_back, folder)))


def near_copies(texts: list[str], held_back: list[str]) -> set[int]:
    """Return which texts are near-copies of a held-back one, by their place in the list."""
    spill = BandSpill()
    try:
        for text in texts:
            spill.add(_TRAINING_SIDE, text)
        for text in held_back:
            spill.add(_HELD_BACK_SIDE, text)
        pairs = spill.candidates()
    finally:
        spill.close()
    return {first for first, second in pairs if jaccard(texts[first], held_back[second - len(texts)]) >= NEAR_COPY}


def write_excerpts(path: Path, records: Iterable[Record]) -> Path:
    """Write a sentence of each long post, tied to its post so that both lie in one split.

    The posts are those of the hub, with their identifiers settled already.
    """
    return _write(path, _excerpts(records))


def is_among_crises(record: Record) -> bool:
    """Whether an imported row was posted among people in crisis, by the label that it came with."""
    given = record.metadata.get("input", {})
    names = {source.file_name: source for source in TRAINING_FILES}
    source = names.get(record.import_batch.file_name)
    return source is not None and source.among_crises(given)


def _excerpts(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    for record in records:
        text = " ".join(message["content"] for message in record.messages if message["role"] == "user")
        sentence = excerpt_of(text, among_crises=is_among_crises(record), seed=seed_of(record.external_id))
        if sentence:
            yield {
                "id": f"{record.external_id}-excerpt",
                "parent_id": record.external_id,
                "text": sentence,
                "is_edge_case": record.is_edge_case,
            }


def _held_rows(held_back: HeldBack, folder: Path) -> list[dict[str, Any]]:
    rows = _read(folder / held_back.file_name)
    return [row for row in rows if is_held_back(row)] if held_back.name in HALVED else rows


def _read(path: Path) -> list[dict[str, Any]]:
    with path.open("rb") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as sink:
        for row in rows:
            sink.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path
