"""Scores the conversations of a file with a frozen bundle; no label is needed and none is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE
from pixelhub.canonical import canonical_json

from .bundle import FrozenBundle
from .evaluation import Predictions
from .files import publish, unfinished
from .predict import Predictor
from .rows import Row, file_rows

CHUNK: Final = 256


@dataclass(frozen=True)
class Scored:
    """How many rows of a file got a score, how many of those are a crisis, and how many could not be read."""

    scored: int
    flagged: int
    refused: int


def score_file(bundle: FrozenBundle, source: Path, out: Path, *, threads: int = 1) -> Scored:
    """Write one line for every row of `source`, in order: a score, or the reason why there is none.

    A line holds id, score, crisis, crisis_type and severity (None without a crisis); that of a row that cannot be
    read holds id, line and error, and no word on a crisis. The file appears when it is whole. Memory does not grow
    with the number of rows. Raises FileRefused for a file that cannot be read at all.
    """
    scored = flagged = refused = 0
    partial = unfinished(out)
    rows = file_rows(source, last_messages=int(bundle.document["last_messages"]))
    try:
        with partial.open("wb") as lines:
            for answer in answers(bundle, rows, threads=threads):
                lines.write(canonical_json(answer) + b"\n")
                refused += "error" in answer
                scored += "score" in answer
                flagged += bool(answer.get("crisis"))
        publish(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    return Scored(scored, flagged, refused)


def answers(bundle: FrozenBundle, rows: Iterable[Row], *, threads: int = 1) -> Iterator[dict[str, Any]]:
    """Yield the line of each row, in order, as `score_file` writes them."""
    for chunk, found in predicted(bundle, rows, threads=threads):
        place = 0
        for row in chunk:
            if row.problem:
                yield {"id": row.id, "line": row.line, "error": row.problem}
                continue
            crisis_type = CRISIS_TYPES[int(found.types[place])]
            crisis = crisis_type != NONE_TYPE
            yield {
                "id": row.id,
                "score": round(float(found.scores[place]), 6),
                "crisis": crisis,
                "crisis_type": crisis_type,
                "severity": int(found.severities[place]) if crisis else None,
            }
            place += 1


def predicted(
    bundle: FrozenBundle, rows: Iterable[Row], *, threads: int = 1
) -> Iterator[tuple[list[Row], Predictions]]:
    """Yield rows in chunks with the answers to those that can be read, in order; rows with a problem have none."""
    predictor = Predictor(bundle, threads=threads)
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        readable = [row for row in chunk if not row.problem]
        yield chunk, _highest(predictor([text for row in readable for text in row.texts]), readable)


def _highest(found: Predictions, rows: Sequence[Row]) -> Predictions:
    """Keep of each row the answer to its text with the highest score."""
    kept, start = [], 0
    for row in rows:
        end = start + len(row.texts)
        kept.append(start + int(found.scores[start:end].argmax()))
        start = end
    chosen = np.array(kept, dtype=np.int64)
    return Predictions(found.scores[chosen], found.probabilities[chosen], found.types[chosen], found.severities[chosen])
