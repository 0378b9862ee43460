"""The formats by name, and telling which one a file is."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from annotation.exchange import label_studio, prodigy, schema_jsonl, tabular
from annotation.exchange.lines import LineError, read_lines
from annotation.exchange.sample import LabelledSample, Refusal

Reader = Callable[[Iterable[str]], Iterator[LabelledSample | Refusal]]
Writer = Callable[[Iterable[LabelledSample]], Iterator[str]]


@dataclass(frozen=True)
class Format:
    """How labels lie in a file of this kind. `joined_by` stands between the pieces that the writer yields."""

    name: str
    title: str
    suffix: str
    content_type: str
    write: Writer
    read: Reader
    joined_by: str = "\n"


FORMATS: Final[dict[str, Format]] = {
    made.name: made
    for made in (
        Format(
            "jsonl", "JSON lines of the schema", "jsonl", "application/jsonl", schema_jsonl.write, schema_jsonl.read
        ),
        Format("label-studio", "Label Studio", "json", "application/json", label_studio.write, label_studio.read),
        Format("prodigy", "Prodigy", "jsonl", "application/jsonl", prodigy.write, prodigy.read),
        Format("csv", "CSV", "csv", "text/csv; charset=utf-8", tabular.write, tabular.read, "\r\n"),
    )
}


def write(name: str, samples: Iterable[LabelledSample]) -> Iterator[str]:
    """The file in pieces, line ends included."""
    chosen = FORMATS[name]
    for piece in chosen.write(samples):
        yield piece + chosen.joined_by


def read(name: str, text: Iterable[str]) -> Iterator[LabelledSample | Refusal]:
    """Samples and refused rows of a file's lines."""
    return FORMATS[name].read(text)


def detect(head: list[str]) -> str | None:
    """The format that a file's first lines show; None where no format fits."""
    text = "".join(head).lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return "label-studio"
    if not text.startswith("{"):
        header = text.partition("\n")[0].rstrip("\r").split(",")
        return "csv" if {"id", "crisis_type"} <= {name.strip('"') for name in header} else None
    first = next((data for _, _, data in read_lines(io.StringIO(text, newline=""))), None)
    if first is None or isinstance(first, LineError):
        return None
    if "conversation" in first and "crisis_type" in first:
        return "jsonl"
    return "prodigy" if "accept" in first else None
