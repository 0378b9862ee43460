"""Rows of an input file as raw bytes with their line and byte offset: JSONL, JSON arrays, tables, marked text, packed.

Every kind is read in constant memory. Offsets count bytes of the unpacked file.
"""

from .files import SUFFIXES, input_files, kind_of, read_rows
from .ranges import RangeRows, read_range, split_ranges
from .rows import MAX_ROW_BYTES, RawRow, UnreadableFile

__all__ = [
    "MAX_ROW_BYTES",
    "SUFFIXES",
    "RangeRows",
    "RawRow",
    "UnreadableFile",
    "input_files",
    "kind_of",
    "read_range",
    "read_rows",
    "split_ranges",
]
