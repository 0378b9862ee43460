"""Searching many conversations at once finds what searching each alone finds; nothing beside the words tells a name."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_app.corpus.pii import scan, scan_many

from .making import compiled, lines_of, release_lines, row, rows, write

PIECES = st.sampled_from(
    [
        "I took 800 mg", "call 555-201-4411", "my name is Anna Miller", "Anna", "a.b@example.org", "\n- Tom",
        "thanks,\nEva", "born 01/02/1990", "caf\u00e9 M\u00fcller", "at", "12", "1.2.3.4", "Dr.", "Smith", "hi",
        "4111 1111 1111 1111", "",
    ]
)  # fmt: skip
TEXTS = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=6).map(" ".join)
CONVERSATIONS = st.lists(TEXTS.map(lambda text: {"role": "user", "content": text}), max_size=4)


@settings(max_examples=150)
@given(st.lists(CONVERSATIONS, max_size=5))
def test_many_at_once_is_each_alone(conversations: list[list[dict[str, str]]]) -> None:
    assert scan_many(conversations) == [scan(messages) for messages in conversations]


def test_an_id_that_is_an_address_gives_way_to_the_content_hash(tmp_path: Path) -> None:
    told = row(1, id="anna.miller@example.org")
    release, _ = compiled(tmp_path, write(tmp_path / "in.jsonl", lines_of([told, *rows(9)[2:]])), pii="redact")
    lines = [line for _, line in release_lines(release)]
    assert b"anna.miller" not in b"".join(path.read_bytes() for path in release.rglob("*") if path.is_file())
    renamed = [line for line in lines if line["id"] == line["metadata"]["content_hash"]]
    assert [line["messages"] for line in renamed] == [told["messages"]]
    assert {line["id"] for line in lines} >= {f"r{number}" for number in (2, 4, 6)}, "harmless ids stay"
