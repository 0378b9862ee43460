"""The short cut of `prepare` and the strict way give the same result, whatever the row."""

import hashlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datasets_app.corpus import intake
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.intake import Prepared, prepare, prepare_strictly
from datasets_app.corpus.parse import RowRejected, parse_json, parse_quickly
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.structure import StructureRules
from tests.paths import shared

from . import making

RULES = st.builds(
    StructureRules,
    min_turns=st.none() | st.integers(1, 4),
    max_turns=st.none() | st.integers(1, 3),
    max_turn_chars=st.none() | st.integers(3, 40),
    needs_user=st.booleans(),
    alternating=st.booleans(),
)


def outcome(function: Any, *arguments: Any) -> Any:
    """What a call returns, or why it refuses."""
    try:
        return function(*arguments)
    except RowRejected as rejected:
        return (rejected.reason, rejected.detail)


@settings(max_examples=200)
@given(making.RAW, RULES | st.just(StructureRules()))
@example(b'{"messages":[{"role":"user","content":"a"}],"n":12345678901234567890}', StructureRules())
@example(b'{"messages":[{"role":"user","content":"a","content" :"b"}]}', StructureRules())
@example(b'{"messages":[{"role":"user","content":"a"}],"a":{"x":1,"x":2},"b":"c:d"}', StructureRules())
@example(b'{"messages":[{"role":"user","content":"a\\u0000"}]}', StructureRules())
@example(b'{"messages":[{"role":"user","content":"\\ud800"}]}', StructureRules())
@example(b'{"messages":[{"role":"user","content":"a"}],"deep":' + b"[" * 63 + b"]" * 63 + b"}", StructureRules())
@example(b'{"messages":[{"role":"user","content":"a"}],"deep":' + b"[" * 64 + b"]" * 64 + b"}", StructureRules())
@example(b'{"messages":[{"role":"user","content":"a"}],"x":1e999}', StructureRules())
@example('{"messages":[{"role":"user","content":"Ã\u00a0"}]}'.encode(), StructureRules())
def test_short_cut_and_strict_way_agree(raw: bytes, rules: StructureRules) -> None:
    row = RawRow(1, 0, raw)
    assert outcome(prepare, row, "fam", rules) == outcome(prepare_strictly, row, "fam", rules)


@settings(max_examples=150)
@given(making.RAW | st.binary(max_size=60))
def test_quick_and_strict_parser_agree(raw: bytes) -> None:
    assert outcome(parse_quickly, raw) == outcome(parse_json, raw)


def test_short_cut_is_taken_for_ordinary_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "parse_quickly", lambda raw: pytest.fail("the slow way was taken"))
    for raw in (
        b'{"id":"1","messages":[{"role":"user","content":"It is 10:30, so"},{"role":"assistant","content":"Yes?"}]}',
        '{"conversations": [{"from": "human", "value": "Don\u2019t\\n\\ngo"}], "crisis_type": "none"}'.encode(),
        b'{"conversation":[{"speaker":"Client","text":"hi"}],"metadata":{"is_edge_case":true}}',
    ):
        assert isinstance(prepare(RawRow(1, 0, raw), "fam"), Prepared)


def test_identity_is_the_published_content_hash_and_the_hash_of_the_bytes() -> None:
    raw = b'{"messages":[{"role":"user","content":"Hello  There"}]}'
    prepared = prepare(RawRow(1, 0, raw))
    assert prepared.content_hash == content_hash([{"role": "user", "content": "hello there"}])
    assert prepared.raw_sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("name", ["counselchat", "sad", "cssrs500"])
def test_short_cut_and_strict_way_agree_on_real_rows(name: str) -> None:
    for number, line in enumerate(shared(f"real/{name}.jsonl").read_bytes().splitlines()[:400]):
        row = RawRow(number, 0, line)
        assert outcome(prepare, row, "fam") == outcome(prepare_strictly, row, "fam")
