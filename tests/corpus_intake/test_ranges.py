"""Byte ranges of a JSONL object: together they are the whole file, each row once, wherever the cuts fall."""

import io
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.reading import read_range, read_rows, split_ranges

LINES = st.lists(st.sampled_from([b"", b"{}", b' {"a": 1}', b"x" * 30, b"\r", "é".encode()]), max_size=12)


def by_ranges(data: bytes, ranges: list[tuple[int, int]]) -> list[tuple[int, int, bytes, str]]:
    """The rows of all ranges with lines counted through the file."""

    def stream_at(start: int) -> io.BytesIO:
        stream = io.BytesIO(data)
        stream.seek(start)
        return stream

    found, before = [], 0
    for start, end in ranges:
        rows = read_range(stream_at, start, end, len(data))
        found += [(before + row.line, row.offset, row.raw, row.problem) for row in rows]
        before += rows.lines
    return found


@given(LINES, st.booleans(), st.booleans(), st.integers(1, 40))
def test_ranges_together_are_the_file(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], bom: bool, closed: bool, target: int
) -> None:
    data = (b"\xef\xbb\xbf" if bom else b"") + b"\n".join(lines) + (b"\n" if closed else b"")
    path = tmp_path_factory.getbasetemp() / "ranges.jsonl"
    path.write_bytes(data)
    whole = [(row.line, row.offset, row.raw, row.problem) for row in read_rows(path, path.name)]
    assert by_ranges(data, split_ranges(len(data), target)) == whole


@pytest.mark.parametrize("cut", range(0, 26))
def test_row_longer_than_the_limit_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr("datasets_app.corpus.reading.rows.MAX_ROW_BYTES", 8)
    data = b'{"a":1}\n' + b"y" * 15 + b"\n{}\n"
    path = tmp_path / "long.jsonl"
    path.write_bytes(data)
    whole = [(row.line, row.offset, row.raw, row.problem) for row in read_rows(path, path.name)]
    assert [problem for *_, problem in whole] == ["", "row_too_long", ""]
    assert by_ranges(data, [(0, cut), (cut, len(data))]) == whole


def test_ranges_cover_the_object_without_gap() -> None:
    ranges = split_ranges(1000, 300)
    assert ranges[0][0] == 0 and ranges[-1][1] == 1000
    assert all(left[1] == right[0] for left, right in itertools.pairwise(ranges))
    assert split_ranges(0, 300) == []
