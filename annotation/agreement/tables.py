"""Reading rating tables from CSV: the layout is detected, an unusable row is named.

Four layouts: `long` (item, annotator, value per line), `wide` (a row per unit, a column per rater), `counts` (a row
per unit, a column per category, cells say how many raters chose it) and `contingency` (square, two raters).
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from annotation.agreement.ratings import RatingError, Ratings

Layout = Literal["long", "wide", "counts", "contingency"]
LAYOUTS: tuple[Layout, ...] = ("long", "wide", "counts", "contingency")
ITEM_NAMES = {"unit", "units", "item", "item_id", "items", "subject", "subjects", "sample", "sample_id", "id", "record"}
RATER_NAMES = {"annotator", "annotator_id", "rater", "rater_id", "coder", "coder_id", "user", "worker", "judge"}
RATER_COLUMN = re.compile(r"(rater|observer|annotator|coder|judge|reader|a|r)[ _-]?\d+", re.IGNORECASE)
MISSING_TEXT = {"", "na", "nan", "n/a", "null", "none recorded", "*", "."}
MAX_CELL = 200


@dataclass(frozen=True)
class Table:
    """A CSV file: header and rows, each row with its line number in the file."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(path: Path) -> Table:
    """Read a CSV file. Raises `RatingError` for bad UTF-8, ragged rows, NUL and over-long cells."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RatingError(f"not UTF-8 at byte {error.start}") from error
    if "\x00" in text:
        raise RatingError(f"line {text[: text.index(chr(0))].count(chr(10)) + 1}: NUL character")
    reader = csv.reader(text.splitlines())
    rows: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise RatingError(f"line {reader.line_num}: {error}") from error
    if len(rows) < 2:
        raise RatingError("no rows below the header")
    (_, header), *body = rows
    for line, cells in body:
        if len(cells) != len(header):
            raise RatingError(f"line {line}: {len(cells)} cells, the header has {len(header)}")
        if any(len(cell) > MAX_CELL for cell in cells):
            raise RatingError(f"line {line}: a cell is longer than {MAX_CELL} characters")
    return Table(header, body)


def detect_layout(table: Table) -> Layout:
    """Which layout this is, from header names and from what the cells add up to."""
    names = [name.lower() for name in table.header]
    if any(name in RATER_NAMES for name in names):
        return "long"
    if [cells[0] for _, cells in table.rows] == table.header[1:]:
        return "contingency"
    columns = _rating_columns(table)
    if all(RATER_COLUMN.fullmatch(table.header[column]) for column in columns):
        return "wide"
    cells = [[row[column] for column in columns] for _, row in table.rows]
    if all(cell.isascii() and cell.isdigit() for row in cells for cell in row):
        totals = {sum(int(cell) for cell in row) for row in cells}
        if len(totals) == 1 and totals.pop() >= 2:
            return "counts"
    return "wide"


def read_ratings(table: Table, layout: Layout, value: str | None = None) -> Ratings:
    """Ratings of a long, wide or counts table. `value` names the column with the rating in a long table."""
    if layout == "long":
        return _long(table, value)
    if layout == "counts":
        return _counts(table)
    return _wide(table)


def read_contingency(table: Table) -> tuple[list[str], np.ndarray]:
    """Category names and the square table of counts."""
    names = table.header[1:]
    if [cells[0] for _, cells in table.rows] != names:
        raise RatingError("a contingency table needs the same categories in rows and in columns")
    return names, np.array([[_whole(cell, line) for cell in cells[1:]] for line, cells in table.rows])


def _long(table: Table, value: str | None) -> Ratings:
    names = [name.lower() for name in table.header]
    item = _only_column(names, ITEM_NAMES, "item")
    rater = _only_column(names, RATER_NAMES, "annotator")
    rest = [n for n in range(len(names)) if n not in (item, rater)]
    if value is not None:
        if value not in table.header:
            raise RatingError(f"no column {value!r}; there are {', '.join(table.header)}")
        rest = [table.header.index(value)]
    if len(rest) != 1:
        raise RatingError(f"{len(rest)} columns could hold the rating; name one with --value")
    seen: set[tuple[str, str]] = set()
    triples = []
    for line, cells in table.rows:
        if not cells[item] or not cells[rater]:
            raise RatingError(f"line {line}: no item or no annotator")
        if cells[rest[0]].lower() in MISSING_TEXT:
            continue
        if (cells[item], cells[rater]) in seen:
            raise RatingError(f"line {line}: {cells[rater]!r} rated item {cells[item]!r} twice")
        seen.add((cells[item], cells[rater]))
        triples.append((cells[item], cells[rater], cells[rest[0]]))
    return _some(Ratings.from_triples(triples))


def _wide(table: Table) -> Ratings:
    columns = _rating_columns(table)
    repeated = {table.header[c] for c in columns if table.header.count(table.header[c]) > 1}
    if repeated:
        raise RatingError(f"two columns are called {sorted(repeated)[0]!r}")
    triples = [
        (str(line), table.header[column], cells[column])
        for line, cells in table.rows
        for column in columns
        if cells[column].lower() not in MISSING_TEXT
    ]
    return _some(Ratings.from_triples(triples))


def _counts(table: Table) -> Ratings:
    columns = _rating_columns(table)
    counts = np.array([[_whole(cells[column], line) for column in columns] for line, cells in table.rows])
    items = [str(line) for line, _ in table.rows]
    return _some(Ratings.from_counts(items, [table.header[column] for column in columns], counts))


def _some(ratings: Ratings) -> Ratings:
    if not (ratings.counts.sum(axis=1) >= 2).any():
        raise RatingError("no item has two ratings, so there is nothing to compare")
    return ratings


def _rating_columns(table: Table) -> list[int]:
    """Columns right of the unit column; what stands left of it (a group, say) isn't a rating."""
    names = [name.lower() for name in table.header]
    unit = next((n for n, name in enumerate(names) if name in ITEM_NAMES or name == ""), None)
    if unit is None and len({cells[0] for _, cells in table.rows}) == len(table.rows):
        unit = 0
    columns = list(range(0 if unit is None else unit + 1, len(names)))
    if len(columns) < 2:
        raise RatingError("fewer than two columns of ratings")
    return columns


def _only_column(names: list[str], known: set[str], what: str) -> int:
    found = [n for n, name in enumerate(names) if name in known]
    if len(found) != 1:
        raise RatingError(f"the header must name exactly one {what} column ({', '.join(sorted(known))})")
    return found[0]


def _whole(cell: str, line: int) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) <= 6):
        raise RatingError(f"line {line}: {cell!r} is not a count")
    return int(cell)
