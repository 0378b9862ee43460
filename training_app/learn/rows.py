"""Conversations of any file as the model reads them, one row after another, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.formats import Converted, convert, convert_text
from datasets_app.corpus.parse import RowRejected, parse_quickly
from datasets_app.corpus.reading import RawRow, UnreadableFile, kind_of, read_rows
from datasets_app.corpus.render import render_conversation

from .errors import FileRefused

MAX_ID: Final = 200


@dataclass(frozen=True)
class Row:
    """One row of a file: what the model is to read of it, or the reason why it cannot be read.

    `texts` holds one rendered conversation; of a list of one person's posts one text for each, since posts are not
    said to anybody: the row's answer is then that of its highest score. `problem` never holds the row's words.
    """

    line: int
    id: str
    texts: tuple[str, ...] = ()
    problem: str = ""
    messages: tuple[Mapping[str, str], ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)


def file_rows(path: Path, *, last_messages: int) -> Iterator[Row]:
    """Yield every row of a JSON-lines, JSON, CSV or text file, packed or not, in order. Blank lines are no rows.

    A row holds `messages`, `conversation`, `text` or any other form that imports take. Raises FileRefused when the
    file as a whole cannot be read.
    """
    # A name without a known ending is taken as JSON lines, which is what scoring is documented for.
    name = path.name if kind_of(path.name) else f"{path.name}.jsonl"
    try:
        for raw in read_rows(path, name):
            yield _row(raw, last_messages)
    except UnreadableFile as problem:
        raise FileRefused(str(problem)) from problem
    except OSError as problem:
        raise FileRefused(f"the file cannot be read: {problem.strerror or 'it is damaged'}") from problem


def _row(raw: RawRow, last_messages: int) -> Row:
    identifier, given = str(raw.line), {}
    try:
        if raw.problem:
            raise RowRejected(raw.problem)
        if raw.is_text:
            converted = convert_text(raw.raw.decode("utf-8", "replace"))
        else:
            parsed = parse_quickly(raw.as_json or raw.raw)
            if isinstance(parsed, dict):
                given = parsed
                identifier = _identifier(parsed.get("id")) or identifier
            converted = convert(parsed, posts_as_turns=True)
        texts = _texts(converted, last_messages)
    except RowRejected as reason:
        return Row(raw.line, identifier, problem=str(reason))
    if not texts:
        return Row(raw.line, identifier, problem="no message of a user or an assistant")
    return Row(raw.line, identifier, texts, messages=tuple(converted.messages), given=given)


def _texts(converted: Converted, last_messages: int) -> tuple[str, ...]:
    if converted.format == "posts":
        rendered = [render_conversation([message], last=1) for message in converted.messages]
    else:
        rendered = [render_conversation(converted.messages, last=last_messages)]
    return tuple(text for text in rendered if text)


def _identifier(given: Any) -> str:
    """Return an identifier that is one; a long text or an object under that name is not repeated anywhere."""
    if isinstance(given, str) and given and len(given) <= MAX_ID:
        return given
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else ""
