"""Reading: packed files, streamed arrays, several conversations in a row, text blocks. Offsets point at the bytes."""

import gzip
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.reading import RawRow, UnreadableFile, arrays, input_files, packed, read_rows, rows

from . import making

LINES = b"".join(b'{"text": "line %d"}\n' % number for number in range(500))


def read(data: bytes, name: str) -> list[RawRow]:
    """All rows of a file of that name."""
    return list(read_rows(io.BytesIO(data), name))


def seen(found: list[RawRow]) -> list[tuple[int, str]]:
    """The outcome of reading: lines and problems."""
    return [(row.line, row.problem) for row in found]


@pytest.mark.parametrize(
    ("pack", "suffix"), [(gzip.compress, ".gz"), (zstandard.compress, ".zst"), (zstandard.compress, ".zstd")]
)
def test_packed_file_reads_as_the_plain_one(pack: Any, suffix: str) -> None:
    plain = read(LINES, "a.jsonl")
    assert len(plain) == 500
    assert read(pack(LINES), f"a.jsonl{suffix}") == plain
    # The first bytes decide, whatever the name says; parts may follow one another.
    assert read(pack(LINES), "a.jsonl") == plain
    halves = pack(LINES[:5000]) + pack(LINES[5000:])
    assert read(halves, f"a.jsonl{suffix}") == plain
    assert read(pack(LINES) + bytes(600), f"a.jsonl{suffix}") == plain


@pytest.mark.parametrize(("pack", "problem"), [(gzip.compress, "damaged_gzip"), (zstandard.compress, "damaged_zstd")])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.txt", "a.csv"])
def test_cut_or_changed_packed_file_ends_with_a_row_that_says_so(pack: Any, problem: str, name: str) -> None:
    data = pack(b"".join(b"Human: %d %d\n---\n" % (number, number**7) for number in range(5000)))
    for damaged in (data[: len(data) // 2], data + b"garbage"):
        found = read(damaged, name)
        assert found[-1].problem == problem
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 0xFF
    assert any(row.problem == problem for row in read(bytes(flipped), name))


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("content", [bytes(4_000_000), b"{}\n" * 1_000_000, b"[" + b"{}," * 1_000_000])
def test_bomb_is_stopped(monkeypatch: pytest.MonkeyPatch, pack: Any, content: bytes) -> None:
    monkeypatch.setattr(packed, "FREE_BYTES", 100_000)
    name = "a.json" if content.startswith(b"[") else "a.jsonl"
    found = read(pack(content), name)
    assert found[-1].problem == "expands_too_far"
    assert len(found) < 900_000


def test_bomb_takes_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE_BYTES", 40_000_000)
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(300_000_000))
    tracemalloc.start()
    found = read(bomb, "a.jsonl.zst")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found[-1].problem == "expands_too_far"
    assert peak < 64_000_000


@given(st.lists(making.JSON | making.ROW, max_size=5), st.sampled_from([None, 1]), st.integers(1, 40), st.booleans())
def test_array_is_split_as_the_parser_reads_it(values: list[Any], indent: int | None, chunk: int, bom: bool) -> None:
    values = [value for value in values if not isinstance(value, list)]
    data = (b"\xef\xbb\xbf" if bom else b"") + b" \n" + json.dumps(values, indent=indent).encode() + b"\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrays, "_CHUNK", chunk)
        found = [row for row in read(data, "a.json") if not row.as_json]
    for row in found:
        assert data[row.offset :].startswith(row.raw)
        assert row.line == 1 + data.count(b"\n", 0, row.offset)
        assert row.problem == ""
    whole = [value for value in values if not (isinstance(value, dict) and making.is_read_as_several(value))]
    assert [json.loads(row.raw) for row in found] == whole


def test_bad_element_spoils_only_itself_and_the_cut_end_is_told() -> None:
    data = b'[{"a": "]}"},\n {"b": nope}, {"c": "\\"}"}, 7, {"cut": "'
    found = read(data, "a.json")
    assert [row.raw for row in found] == [b'{"a": "]}"}', b'{"b": nope}', b'{"c": "\\"}"}', b"7", b'{"cut": "']
    assert seen(found)[-1] == (2, "truncated_array")
    assert seen(read(b'[{"a": 1}] {"b": 2}', "a.json")) == [(1, ""), (1, "after_array")]


def test_too_long_element_is_cut_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 100)
    monkeypatch.setattr(arrays, "_CHUNK", 32)
    data = b'[\n{"a": 1},\n{"text": "' + b"x" * 1000 + b'"},\n{"b": 2}]'
    found = read(data, "a.json")
    assert seen(found) == [(2, ""), (3, "row_too_long"), (4, "")]
    assert data[found[1].offset :].startswith(found[1].raw) and len(found[1].raw) == 100


def test_large_array_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as sink:
        sink.write(b"[")
        for number in range(30_000):
            sink.write(b'{"text": "%s %d"},\n' % (b"word " * 100, number))
        sink.write(b"{}]")
    tracemalloc.start()
    count = sum(1 for _ in read_rows(path, path.name))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 30_001 and path.stat().st_size > 15_000_000
    assert peak < 4_000_000


def test_json_file_that_holds_lines_or_objects_one_after_another() -> None:
    assert [row.line for row in read(LINES, "a.json")] == list(range(1, 501))
    pretty = b'{\n "text": "a"\n}\n{\n "text": "b"\n}{"text": "c"}'
    found = read(pretty, "a.json")
    assert [json.loads(row.raw)["text"] for row in found] == ["a", "b", "c"]
    assert [row.line for row in found] == [1, 4, 6]
    assert read(b'\n\n{"text": "only"}', "a.json")[0].line == 3


TURNS = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes [[ }{"}]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json"])
@pytest.mark.parametrize("space", ["", " "])
def test_several_conversations_in_one_row_become_rows_of_their_own(name: str, space: str) -> None:
    row = {"id": 7, "topic": "x", "conversations": [TURNS, TURNS[:1]], "odd": '"conversations": [['}
    data = json.dumps(row).replace("[", f"[{space}").encode() + b"\n"
    found = read(data, name)
    assert [json.loads(row.as_json)["conversations"] for row in found] == json.loads(data)["conversations"]
    assert [json.loads(row.as_json)["id"] for row in found] == ["7-1", "7-2"]
    assert {json.loads(row.as_json)["parent_id"] for row in found} == {"7"}
    assert {json.loads(row.as_json)["topic"] for row in found} == {"x"}
    for part in found:
        assert data[part.offset :].startswith(part.raw)
    assert len({row.offset for row in found}) == 2


def test_line_that_is_a_list() -> None:
    listed = json.dumps([{"text": "a"}, {"text": "b"}]).encode()
    assert [(row.raw, row.line) for row in read(listed, "a.jsonl")] == [(b'{"text": "a"}', 1), (b'{"text": "b"}', 1)]
    bare = read(json.dumps(TURNS).encode(), "a.jsonl")
    assert [json.loads(row.as_json) for row in bare] == [{"messages": TURNS}]
    dialogues = read(json.dumps([TURNS, TURNS]).encode(), "a.jsonl")
    assert len({json.loads(row.as_json)["parent_id"] for row in dialogues}) == 1
    mixed = read(b'[1, {"text": "a"}]\n{"text": "b"}\n', "a.jsonl")
    assert [row.raw for row in mixed] == [b'[1, {"text": "a"}]', b'{"text": "b"}']


def test_text_blocks_with_windows_lines_and_byte_order_mark() -> None:
    data = b"\xef\xbb\xbfHuman: a\r\n---\r\n\r\n---\r\nHuman: b\r\n"
    found = read(data, "a.txt")
    assert [(row.line, row.offset, row.raw) for row in found] == [(1, 3, b"Human: a\r\n"), (5, 25, b"Human: b\r\n")]
    assert all(row.is_text for row in found)


def test_unknown_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"x")
    for wrong in (tmp_path, tmp_path / "a.pdf", tmp_path / "none.jsonl"):
        with pytest.raises(UnreadableFile):
            input_files(wrong)
    with pytest.raises(UnreadableFile):
        read(b"", "a.parquet")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.CSV.zst").write_bytes(b"")
    assert input_files(tmp_path) == [tmp_path / "deep" / "b.CSV.zst"]
