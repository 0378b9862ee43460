"""Transcripts of any make as speeches: who says what, in order. Captions lose their times, never a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple

from datasets_app.corpus.formats.record import first_of
from datasets_app.corpus.parse import RowRejected, check_value, decode_utf8, parse_quickly
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.text import clean_text

_TEXTS: Final = ("transcript", "captions", "segments", "utterances", "cues", "transcription")
_SAID: Final = ("text", "content", "utterance", "caption", "value")
_SPEAKERS: Final = ("speaker", "speaker_label", "speaker_name", "role", "from")
_TITLES: Final = ("title", "video_title", "name", "topic")
_NAMES: Final = ("persona_id", "persona", "channel", "channel_name", "speaker", "uploader")
_DIALOGUES: Final = ("messages", "conversations", "conversation")
# Captions: WEBVTT heads, cue numbers, times with and without hours, [00:01] marks at the head of a line.
_CAPTION_LINE: Final = re.compile(
    r"^(?:WEBVTT.*|NOTE\b.*|Kind:.*|Language:.*|\d{1,6}|(?:\d{1,2}:)?\d{2}:\d{2}[.,]\d{3}\s+-->.*)$"
)
_TIME_MARK: Final = re.compile(r"^\s*[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])]?\s+")
_LABEL: Final = re.compile(r"^\s*(?:\[)?([A-Za-z][\w.' -]{0,40}?)(?:\])?:\s+(?=\S)")
_LEAST_LABELS: Final = 2


class Speech(NamedTuple):
    """What somebody says in one go; `speaker` is "" where nobody is named."""

    speaker: str
    text: str


class Transcript(NamedTuple):
    """A transcript; `title` and `persona` are what the row says of them, "" for nothing. `row` holds its fields."""

    speeches: list[Speech]
    title: str
    persona: str
    row: Mapping[str, Any]


def transcript_of(raw: RawRow, name: str) -> Transcript | None:
    """Return the transcript in a row, None for a row that is a dialogue of turns or no transcript at all.

    `name` is the object's; a text file's title is its name. Raises RowRejected for a row that cannot be read.
    """
    if raw.problem:
        raise RowRejected(raw.problem, "the row ends unexpectedly or exceeds the limits")
    if raw.is_text:
        text = decode_utf8(raw.raw)
        check_value(text)
        return Transcript(_checked(list(_of_text(text))), _title_of(name), "", {})
    row = parse_quickly(raw.as_json or raw.raw)
    if not isinstance(row, dict):
        raise RowRejected("not_an_object", f"a row must be a JSON object, not {type(row).__name__}")
    said = first_of(row, _TEXTS)
    if said is None and not any(isinstance(row.get(key), list) for key in _DIALOGUES):
        only = row.get("text")
        said = only if isinstance(only, str) else None
    if said is None:
        return None
    title, persona = _text(row, _TITLES), _text(row, _NAMES)
    return Transcript(_checked(list(_speeches(said))), title, persona, row)


def _checked(speeches: list[Speech]) -> list[Speech]:
    if not speeches:
        raise RowRejected("empty", "the transcript holds no words")
    return speeches


def _text(row: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    layers = [row, row.get("metadata")]
    found = (layer.get(key) for layer in layers if isinstance(layer, Mapping) for key in keys)
    return next((clean_text(value)[:200] for value in found if isinstance(value, str) and value.strip()), "")


def _title_of(name: str) -> str:
    stem = PurePosixPath(name).name.partition(".")[0]
    return clean_text(re.sub(r"[_\s]+", " ", stem))[:200]


def _speeches(said: Any) -> Iterator[Speech]:
    if isinstance(said, str):
        yield from _of_text(said)
    elif isinstance(said, list):
        for number, part in enumerate(said, start=1):
            yield from _of_part(part, number)
    elif isinstance(said, dict) and isinstance(inner := first_of(said, ("segments", "utterances", "text")), list | str):
        yield from _speeches(inner)
    else:
        raise RowRejected("bad_content", "the transcript is neither text nor a list of segments")


def _of_part(part: Any, number: int) -> Iterator[Speech]:
    if isinstance(part, str):
        text, speaker = clean_text(part), ""
    elif isinstance(part, dict) and isinstance(words := first_of(part, _SAID), str):
        named = first_of(part, _SPEAKERS)
        text, speaker = clean_text(words), clean_text(named) if isinstance(named, str) else ""
    else:
        raise RowRejected("bad_content", f"segment {number} of the transcript holds no text")
    if text:
        yield Speech(speaker, text)


def _of_text(text: str) -> Iterator[Speech]:
    """Yield the speeches of plain text: by the speakers at the heads of its lines, if at least two lines have one."""
    lines = [_TIME_MARK.sub("", line) for line in text.splitlines() if not _CAPTION_LINE.match(line.strip())]
    labels = [_LABEL.match(line) for line in lines]
    named = sum(label is not None for label in labels) >= _LEAST_LABELS
    speaker, waiting = "", list[str]()
    for line, label in zip(lines, labels, strict=True):
        if named and label is not None:
            yield from _spoken(speaker, waiting)
            speaker, waiting = label.group(1).strip(), [line[label.end() :]]
        else:
            waiting.append(line)
    yield from _spoken(speaker, waiting)


def _spoken(speaker: str, lines: list[str]) -> Iterator[Speech]:
    if text := clean_text("\n".join(lines)):
        yield Speech(speaker, text)


def merged(speeches: list[Speech], persona: frozenset[str]) -> list[dict[str, str]]:
    """Return messages: the persona's speakers are the assistant, all others the user; runs of one side are one turn.

    Names of speakers are identifiers and do not go into the messages.
    """
    messages: list[dict[str, str]] = []
    for speaker, text in speeches:
        role = "assistant" if speaker.lower() in persona else "user"
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += f"\n{text}"
        else:
            messages.append({"role": role, "content": text})
    return messages


def passages(text: str, words: int) -> list[str]:
    """Cut a speech into passages of about so many words, at ends of sentences where there are any; no word is lost."""
    found: list[str] = []
    waiting: list[str] = []
    count = 0
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        said = sentence.split()
        while len(said) > 2 * words:
            # Captions often have no signs at all.
            found += [" ".join(waiting)] if waiting else []
            waiting, count = [], 0
            found.append(" ".join(said[:words]))
            said = said[words:]
        if waiting and count + len(said) > words:
            found.append(" ".join(waiting))
            waiting, count = [], 0
        waiting += said
        count += len(said)
    if waiting:
        # A short end stays with the passage before it.
        if found and count < words // 4:
            found[-1] += " " + " ".join(waiting)
        else:
            found.append(" ".join(waiting))
    return found
