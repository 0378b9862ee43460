"""CSV that a spreadsheet shows and doesn't run: a cell that it would take for a formula is marked as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # ASCII and full width


def formula_safe(value: object) -> object:
    """Text that begins like a formula gets an apostrophe in front (OWASP, CSV injection); numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_text(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180), every cell formula-safe; None is an empty cell."""
    out = StringIO()
    csv.writer(out).writerows([formula_safe(cell) for cell in row] for row in rows)
    return out.getvalue()
