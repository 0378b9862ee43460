# ruff: noqa: E501  (one row, one line)
"""Rows made to keep a program busy: a reason or a record, in time that grows with their size and not with its square."""

import io
import time

import pytest

from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import read_rows

SIZE = 400_000


def message(text: str) -> bytes:
    """A row whose only turn says this; the text must need no escape."""
    return b'{"messages":[{"role":"user","content":"%s"}]}' % text.encode()


def spread(piece: str) -> str:
    """The piece again and again, up to the size."""
    return piece * (SIZE // len(piece))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", b"[" * SIZE), ("a.json", b"[" * SIZE), ("a.json", b"[" + b"{" * SIZE), ("a.jsonl", b'{"a":' * (SIZE // 5)),
        ("a.jsonl", message(spread("[ x"))), ("a.jsonl", message(spread("{{ "))), ("a.jsonl", message(spread(": "))),
        ("a.jsonl", message("### Human: " + " " * SIZE)), ("a.jsonl", b'{"text":"### Human: %s"}' % (b" " * SIZE)),
        ("a.jsonl", b'{"text":"%s"}' % (b"\\n " * (SIZE // 3))), ("a.jsonl", b'{"text":"Human: x%s"}' % (b"\\nHuman:" * (SIZE // 8))),
        ("a.jsonl", b'{"text":"Below is an instruction%s"}' % (b" " * SIZE)), ("a.jsonl", b'{"k":"v"' + b',"k":"v"' * (SIZE // 8) + b"}"),
        ("a.jsonl", message(spread("\u00c3\u0084\u00a9"))), ("a.jsonl", message(spread("\u00e2\u20ac"))),
        ("a.jsonl", b'{"n":' + b"9" * SIZE + b"}"), ("a.json", b"[" + b"," * SIZE + b"]"), ("a.json", b'["' + b"\\" * SIZE),
        ("a.csv", b"text\n" + b'"' * (SIZE + 1)), ("a.csv", b"text\n" + b"=cmd|'/c calc'!A1\n" * (SIZE // 18)),
        ("a.csv", b"," * SIZE), ("a.txt", b"---\n" * (SIZE // 4)), ("a.txt", b"Human:" * (SIZE // 6)),
    ],
)  # fmt: skip
def test_hostile_row_takes_no_quadratic_time(name: str, data: bytes) -> None:
    began = time.process_time()
    outcomes = set()
    try:
        for raw in read_rows(io.BytesIO(data), name):
            try:
                outcomes.add(prepare(raw).converted.format)
            except RowRejected as rejected:
                outcomes.add(rejected.reason)
    except ValueError as error:
        outcomes.add(str(error))
    assert outcomes or name == "a.json" or data.startswith(b"---")
    # Quadratic work on 400,000 characters would take minutes.
    assert time.process_time() - began < 8
