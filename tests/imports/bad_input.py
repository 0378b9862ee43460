# ruff: noqa: E501  (one case, one line)
"""The bad-input corpus: files that nobody vouches for, each with what must come of it.

`accepted` is how many rows are conversations (copies of others included), `reasons` are those of all other rows;
`refused` says why the file as a whole is turned away before anything is stored. Everything is made here; nothing is large on disk.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import zstandard

OK = b'{"text": "this row is fine"}'
OTHER = b'{"text": "and so is this one"}'


@dataclass(frozen=True)
class Bad:
    """One file. `build` makes its bytes when they are wanted."""

    name: str
    file_name: str
    build: Callable[[], bytes]
    accepted: int | None = None
    reasons: tuple[str, ...] | None = None
    refused: str = ""


def _row(name: str, raw: bytes, *reasons: str, accepted: int = 2) -> Bad:
    """A bad row between two good ones of a JSONL file."""
    return Bad(name, "rows.jsonl", lambda: OK + b"\n" + raw + b"\n" + OTHER + b"\n", accepted, reasons)


def _fine(name: str, raw: bytes) -> Bad:
    """A strange row that is a conversation all the same."""
    return _row(name, raw, accepted=3)


def _file(name: str, file_name: str, data: bytes, accepted: int | None, *reasons: str) -> Bad:
    return Bad(name, file_name, lambda: data, accepted, reasons)


def _no(name: str, file_name: str, data: bytes, refused: str) -> Bad:
    return Bad(name, file_name, lambda: data, refused=refused)


def _rows() -> Iterator[Bad]:
    for place, raw in {
        "in a text": b'{"text": "a\\u0000b"}',
        "in a key": b'{"text": "a", "k\\u0000": 1}',
        "in metadata": b'{"text": "a", "m": {"x": ["\\u0000"]}}',
        "in a role": b'{"messages": [{"role": "user\\u0000", "content": "a"}]}',
        "in an id": b'{"id": "\\u0000", "text": "a"}',
    }.items():
        yield _row(f"NUL {place}", raw, "nul_character")
    yield _row("a raw NUL byte", b'{"text": "a\x00b"}', "invalid_json")
    yield _row("only NUL bytes", b"\x00" * 64, "invalid_json")
    for place, raw in {
        "high": b'{"text": "\\ud800"}',
        "low": b'{"text": "\\udfff tail"}',
        "reversed": b'{"text": "\\ude00\\ud83d"}',
        "in a key": b'{"text": "a", "\\ud800": 1}',
        "deep": b'{"text": "a", "x": [[["\\udc00"]]]}',
        "in a role": b'{"messages": [{"role": "\\ud800", "content": "a"}]}',
    }.items():
        yield _row(f"lone surrogate {place}", raw, "lone_surrogate")
    yield _row("a surrogate in UTF-8", b'{"text": "\xed\xa0\x80"}', "invalid_utf8")
    yield _fine("a surrogate pair", b'{"text": "\\ud83d\\ude00 fine"}')
    for name, raw in {
        "not UTF-8": b'{"text": "\xff\xfe"}',
        "latin-1": '{"text": "Zoë Müller"}'.encode("latin-1"),
        "overlong slash": b'{"text": "\xc0\xaf"}',
        "cut code point": b'{"text": "\xe2\x82"}',
        "beyond Unicode": b'{"text": "\xf4\x90\x80\x80"}',
        "a lone continuation": b'{"text": "\x80"}',
    }.items():
        yield _row(name, raw, "invalid_utf8")
    for name, raw in {
        "nested 100 lists": b'{"text": "a", "d": ' + b"[" * 100 + b"]" * 100 + b"}",
        "nested 100,000 lists": b'{"text": "a", "d": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "nested 5,000 objects": b'{"text": "a", "d": ' + b'{"x":' * 5_000 + b"1" + b"}" * 5_000 + b"}",
        "lists in messages": b'{"messages": ' + b"[" * 2_000 + b"]" * 2_000 + b"}",
    }.items():
        yield _row(name, raw, "too_deep")
    yield _row("100,000 openings", b"[" * 100_000, "too_deep")
    yield _row("100,000 object openings", b'{"a":' * 100_000, "too_deep")
    for name, raw in {
        "two texts": b'{"text": "a", "text": "b"}',
        "two ids": b'{"id": 1, "id": 2, "text": "a"}',
        "in a turn": b'{"messages": [{"role": "user", "role": "assistant", "content": "a"}]}',
        "escaped": b'{"text": "a", "t\\u0065xt": "b"}',
        "in metadata": b'{"text": "a", "m": {"x": 1, "x": 2}}',
    }.items():
        yield _row(f"duplicate key {name}", raw, "duplicate_key")
    for name, raw in {
        "4,200 digits": b"9" * 4200,
        "20 digits": b"1" + b"0" * 19,
        "negative": b"-" + b"9" * 30,
        "1e999": b"1e999",
        "minus 1e999": b"-1e999",
        "1e400 in a list": b"[1e400]",
    }.items():
        yield _row(f"number {name}", b'{"text": "a", "n": ' + raw + b"}", "number_too_large")
    yield _row("number as a whole row", b"9" * 5000, "number_too_large")
    for raw in (b"NaN", b"Infinity", b"-Infinity"):
        yield _row(f"{raw.decode()}", b'{"text": "a", "n": ' + raw + b"}", "not_a_number")
    for name, raw in {
        "cut off": b'{"text": "cut off',
        "single quotes": b"{'text': 'a'}",
        "a comment": b'{"text": "a"} // no',
        "a trailing comma": b'{"text": "a",}',
        "no quotes": b"{text: a}",
        "two objects": b'{"text": "a"}{"text": "b"}',
        "words": b"just words",
        "HTML": b"<html><script>alert(1)</script></html>",
        "Python": b"{'text': None}",
        "a bare quote": b'"',
        "a bare brace": b"}",
        "undefined": b'{"text": undefined}',
        "hex": b'{"text": "a", "n": 0x1}',
        "a leading zero": b'{"text": "a", "n": 01}',
        "a tab in a text": b'{"text": "a\tb"}',
        "a bad escape": b'{"text": "\\x41"}',
        "an unfinished escape": b'{"text": "\\u12"}',
        "an entity": b"&lt;text&gt;",
    }.items():
        yield _row(f"no JSON: {name}", raw, "invalid_json")
    for name, raw in {
        "a list": b"[1, 2]",
        "a text": b'"words"',
        "null": b"null",
        "true": b"true",
        "a number": b"5",
    }.items():
        yield _row(f"no object: {name}", raw, "not_an_object")
    for name, raw, reason in (
        ("an empty object", b"{}", "unknown_format"), ("unknown fields", b'{"foo": "bar"}', "unknown_format"),
        ("a blank text", b'{"text": "   "}', "empty"), ("no messages", b'{"messages": []}', "empty"),
        ("zero-width only", '{"text": "\u200b\ufeff"}'.encode(), None), ("a number as content", b'{"messages": [{"role": "user", "content": 5}]}', "bad_content"),
        ("no content", b'{"messages": [{"role": "user"}]}', "missing_content"), ("no role", b'{"messages": [{"content": "hi"}]}', "missing_role"),
        ("a numeric role", b'{"messages": [{"role": 3, "content": "hi"}]}', "missing_role"), ("a text as turn", b'{"messages": ["hi"]}', "bad_turn"),
        ("an unknown role", b'{"messages": [{"role": "narrator", "content": "hi"}]}', "unknown_role"),
        ("nobody asks", b'{"messages": [{"role": "assistant", "content": "hi"}]}', "no_user_turn"),
        ("messages as text", b'{"messages": "hi"}', None), ("messages as null", b'{"messages": null}', None),
        ("a turn of 100,001", b'{"text": "' + b"a" * 100_001 + b'"}', "turn_too_long"),
        ("2,001 turns", json.dumps({"messages": [{"role": "user", "content": "a"}] * 2_001}).encode(), "too_many_turns"),
        ("a list as role", b'{"messages": [{"role": ["user"], "content": "hi"}]}', "missing_role"),
        ("an object as text", b'{"text": {"a": 1}}', None), ("a null turn", b'{"messages": [null]}', "bad_turn"),
    ):  # fmt: skip
        yield Bad(f"shape: {name}", "rows.jsonl", lambda raw=raw: OK + b"\n" + raw + b"\n" + OTHER + b"\n",
                  2 if reason else None, (reason,) if reason else None)  # fmt: skip


def _strange() -> Iterator[Bad]:
    """What is odd and no reason to refuse."""
    for name, text in {
        "right to left": "\u202emoc.elgoog\u202c שלום", "isolates": "\u2066a\u2069", "zero-width": "d\u200bi\u200de",
        "combining": "Z" + "\u0351" * 400, "emoji": "👩‍👩‍👧‍👦🏳️‍🌈", "private use": "\ue000\uf8ff", "a BOM inside": "a\ufeffb",
        "line separators": "a\u2028b\u2029c", "markup": "<img src=x onerror=alert(1)>", "a formula": "=cmd|' /C calc'!A0",
        "a template": "{{ 7*7 }}{% debug %}", "SQL": "'; DROP TABLE records; --", "a path": "../../../../etc/passwd",
        "ANSI": "\x1b[31mred", "bell": "a\x07b", "long words": "a" * 50_000, "mojibake": "donâ€™t", "noncharacters": "a\ufffe\uffff",
        "fullwidth": "ｉ ｗａｎｔ", "tabs": "a\tb\nc",
    }.items():  # fmt: skip
        yield _fine(f"strange: {name}", json.dumps({"text": f"{name} {text}"}, ensure_ascii=False).encode())
    yield _fine("strange: 10,000 fields", json.dumps({"text": "many"} | {f"k{n}": n for n in range(10_000)}).encode())
    yield _fine("strange: a key of 100,000", json.dumps({"text": "long key", "k" * 100_000: 1}).encode())
    yield _fine("strange: an id of 10,000", json.dumps({"text": "long id", "id": "x" * 10_000}).encode())
    yield _fine("strange: __proto__", b'{"text": "proto", "__proto__": {"admin": true}, "__class__": []}')
    yield _fine(
        "strange: a forged label", b'{"text": "forged", "crisis_type": "bogus", "severity": 99, "is_edge_case": "x"}'
    )
    yield _fine("strange: forged provenance", b'{"text": "prov", "provenance": {"project": "beta"}, "split": "test"}')


def _files() -> Iterator[Bad]:
    yield _no("an empty file", "rows.jsonl", b"", "empty")
    yield _no("an empty gzip suffix", "rows.jsonl.gz", b"", "empty")
    for name in (
        "rows.exe",
        "rows",
        "rows.pdf",
        "rows.jsonl.exe",
        "rows.zip",
        "rows.jsonl.bz2",
        "rows.xlsx",
        ".gz",
        "rows.pkl",
    ):
        yield _no(f"the name {name}", name, OK, "Only .jsonl")
    yield _file("a name with a path", "../../../etc/rows.jsonl", OK + b"\n", 1)
    yield _file("a name with backslashes", "..\\..\\rows.jsonl", OK + b"\n", 1)
    yield _file("a name with markup", "<script>x</script>.jsonl", OK + b"\n", 1)
    yield _file("a name in capitals", "ROWS.JSONL", OK + b"\n", 1)
    yield _file("only blank lines", "rows.jsonl", b"\n \n\t\n\r\n", 0)
    yield _file("only a BOM", "rows.jsonl", b"\xef\xbb\xbf", 0)
    yield _file("a BOM before", "rows.jsonl", b"\xef\xbb\xbf" + OK + b"\n", 1)
    yield _file("two BOMs", "rows.jsonl", b"\xef\xbb\xbf\xef\xbb\xbf" + OK + b"\n" + OTHER, 1, "invalid_json")
    yield Bad("UTF-16 with BOM", "rows.jsonl", lambda: (OK + b"\n" + OTHER).decode().encode("utf-16"), 0)
    yield Bad("UTF-16 big-endian", "rows.jsonl", lambda: OK.decode().encode("utf-16-be"), 0)
    yield Bad("UTF-32", "rows.jsonl", lambda: OK.decode().encode("utf-32"), 0)
    yield _file("mixed line ends", "rows.jsonl", OK + b"\r\n" + OTHER + b"\n\r\n" + b'{"text": "third"}\r\n', 3)
    yield _file("old Mac line ends", "rows.jsonl", OK + b"\r" + OTHER, 0, "invalid_json")
    yield _file("no last line end", "rows.jsonl", OK + b"\n" + OTHER, 2)
    yield _file("the same row ten times", "rows.jsonl", (OK + b"\n") * 10, 10)
    yield Bad("random bytes", "rows.jsonl", lambda: bytes((n * 7919 + n * n) % 256 for n in range(50_000)), 0)
    yield Bad("a picture", "rows.jsonl", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, 0)
    yield Bad("a pickle", "rows.jsonl", lambda: b"\x80\x04\x95cposix\nsystem\n(S'touch /tmp/owned'\ntR.", 0)
    yield Bad("a zip as JSONL", "rows.jsonl", lambda: _zipped({"rows.jsonl": OK}), 0)
    yield Bad("a zip that slips", "rows.jsonl", lambda: _zipped({"../../../tmp/owned.jsonl": OK}), 0)
    yield Bad("a zip bomb as JSONL", "rows.jsonl", lambda: _zipped({"a": b"0" * 50_000_000}), 0)
    yield Bad("a tar that slips", "rows.jsonl", _tarred, 0)
    yield Bad("xz as JSONL", "rows.jsonl", lambda: lzma.compress(OK), 0)
    yield Bad("bzip2 as JSONL", "rows.jsonl", lambda: bz2.compress(OK), 0)
    yield _file(
        "a line of 9 MB", "rows.jsonl", OK + b'\n{"text": "' + b"a" * 9_000_000 + b'"}\n' + OTHER, 2, "row_too_long"
    )
    yield Bad("gzip under a plain name", "rows.jsonl", lambda: gzip.compress(OK), 1)
    yield Bad("plain under a gzip name", "rows.jsonl.gz", lambda: OK + b"\n", 1)
    yield Bad("zstd", "rows.jsonl.zst", lambda: zstandard.compress(OK), 1)
    yield Bad("gzip cut in the middle", "rows.jsonl.gz", lambda: _packed_rows()[:-40], None)
    yield Bad("gzip cut in its header", "rows.jsonl.gz", lambda: gzip.compress(OK)[:6], 0, ("damaged_gzip",))
    yield Bad(
        "gzip with a wrong sum", "rows.jsonl.gz", lambda: gzip.compress(OK)[:-8] + b"\0" * 8, None, ("damaged_gzip",)
    )
    yield Bad("zstd cut", "rows.jsonl.zst", lambda: zstandard.compress(OK * 500)[:-9], None, ("damaged_zstd",))
    yield Bad("gzip of gzip", "rows.jsonl.gz", lambda: gzip.compress(gzip.compress(OK)), 0)
    yield Bad("two gzip parts", "rows.jsonl.gz", lambda: gzip.compress(OK + b"\n") + gzip.compress(OTHER), 2)
    yield Bad("garbage after gzip", "rows.jsonl.gz", lambda: gzip.compress(OK + b"\n") + b"garbage", None)
    yield Bad(
        "a gzip bomb of one line",
        "rows.jsonl.gz",
        lambda: gzip.compress(b"a" * 30_000_000, 9),
        0,
        ("expands_too_far",),
    )
    yield Bad("a zstd bomb", "rows.jsonl.zst", lambda: zstandard.compress(bytes(30_000_000)), 0, ("expands_too_far",))
    yield from _arrays()
    yield from _tables()


def _arrays() -> Iterator[Bad]:
    yield _file("array: empty", "rows.json", b"[]", 0)
    yield _file(
        "array: one bad element", "rows.json", b"[" + OK + b', {"text": nope}, ' + OTHER + b"]", 2, "invalid_json"
    )
    yield _file("array: cut", "rows.json", b"[" + OK + b', {"text": "cu', 1, "truncated_array")
    yield _file("array: something after", "rows.json", b"[" + OK + b"] tail", 1, "after_array")
    yield _file("array: of numbers", "rows.json", b"[1, 2, 3]", 0, *["not_an_object"] * 3)
    yield _file("array: nested 50,000", "rows.json", b"[" * 50_000, 0, "truncated_array")
    yield _file("array: brackets in a text", "rows.json", b'[{"text": "a ] } [ { , b"}, ' + OK + b"]", 2)
    yield _file("array: an open quote", "rows.json", b'[{"text": "never closed}, ' + OK, 0, "truncated_array")
    yield _file("array: words", "rows.json", b"not json at all", 0, "invalid_json")
    yield _file("array: one number", "rows.json", b"5", 0, "not_an_object")
    yield _file("text: no speaker", "talk.txt", b"just some words without anybody speaking", 0, "no_dialogue")
    yield _file("text: binary", "talk.txt", bytes(range(256)), 0, "invalid_utf8")
    yield _file("text: latin-1", "talk.txt", "Human: Zoë\nAssistant: ja".encode("latin-1"), 0, "invalid_utf8")


def _tables() -> Iterator[Bad]:
    yield _file("CSV: formulas", "rows.csv", b'text,label\n"=cmd|\' /C calc\'!A0",a\n"@SUM(1)",b\n"+1+1",c\n', 3)
    yield _file("CSV: an open quote", "rows.csv", b'text\n"never closed\nmore\n', 0, "bad_csv")
    yield _file("CSV: too many cells", "rows.csv", b"text,label\na,b,c,d\nfine,x\n", 1, "cells_beyond_header")
    yield _file("CSV: only a header", "rows.csv", b"text,label\n", 0)
    yield Bad("CSV: no column of words", "rows.csv", lambda: b"a,b\n1,2\n", 0, ("unknown_format",))
    yield _file("CSV: NUL", "rows.csv", b"text\na\x00b\nfine\n", 1, "nul_character")
    yield _file("CSV: latin-1", "rows.csv", "text\nZoë\nfine\n".encode("latin-1"), 1, "invalid_utf8")
    yield Bad("CSV: a cell of 9 MB", "rows.csv", lambda: b'text\n"' + b"a" * 9_000_000 + b'"\nfine\n', None)
    yield Bad("CSV: 1,000 columns", "rows.csv", lambda: b",".join(b"c%d" % n for n in range(1_000)) + b"\n1\n", None)
    yield Bad("CSV: quotes without end", "rows.csv", lambda: b"text\n" + b'"' * 200_001 + b"\n", None)
    yield _file("CSV: one name twice", "rows.csv", b"text,text\na,b\n", 1)
    yield Bad("CSV: binary", "rows.csv", lambda: bytes(range(256)) * 10, 0)
    yield _file("TSV", "rows.tsv", b"text\tlabel\nwords\tx\n", 1)


def _zipped(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return sink.getvalue()


def _tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        member = tarfile.TarInfo("../../../tmp/owned.jsonl")
        member.size = len(OK)
        archive.addfile(member, io.BytesIO(OK))
    return sink.getvalue()


def _packed_rows() -> bytes:
    return gzip.compress(b"".join(b'{"text": "row %d"}\n' % number for number in range(3_000)))


CORPUS: tuple[Bad, ...] = (*_rows(), *_strange(), *_files())

#: Bombs and lines of 9 MB are for what unpacks and streams; other ways in read a file whole.
_SMALL = 3_000_000


def small_files() -> Iterator[tuple[str, str, bytes]]:
    """Name, file name and bytes of the corpus, without what is large."""
    for bad in CORPUS:
        data = bad.build()
        if len(data) <= _SMALL:
            yield bad.name, bad.file_name, data
