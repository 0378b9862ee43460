"""A guideline cut into its addressable sections, losing nothing. Django-free."""

from __future__ import annotations

import re
from dataclasses import dataclass

from annotation.guideline_text import parser, section_at
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES

BEGINNING = "beginning"  # the code of what stands before the first heading


@dataclass(frozen=True)
class Part:
    """Consecutive lines of one section. `crisis_type` is the type that they define, "" where they concern all."""

    code: str
    title: str
    text: str
    crisis_type: str


@dataclass(frozen=True)
class SectionText:
    """All text of one section; a section may be interrupted by type rows that are sections of their own."""

    code: str
    title: str
    text: str
    crisis_type: str


def unix_lines(markdown: str) -> str:
    """The text with line ends as a browser doesn't send them."""
    return markdown.replace("\r\n", "\n").replace("\r", "\n")


def parts(markdown: str) -> list[Part]:
    """The text in order; joined, the parts are the text again (with Unix line ends).

    A heading begins a section that reaches to the next heading; a table row that begins with a type's code is a
    section by itself. Text under a heading that names a type (its subheadings included) defines that type.
    """
    text = unix_lines(markdown)
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    starts = _starts(text)
    found: list[Part] = []
    heading = Part(BEGINNING, "Before the first heading", "", "")
    for number, line in enumerate(lines):
        start = starts.get(number)
        if start is not None and not start.is_row:
            heading = Part(start.code, start.title, "", start.crisis_type)
        owner = start if start is not None and start.is_row else heading
        if found and found[-1].code == owner.code and (start is None or owner is not heading):
            found[-1] = Part(owner.code, owner.title, found[-1].text + line, owner.crisis_type)
        else:
            found.append(Part(owner.code, owner.title, line, owner.crisis_type))
    return found


def section_texts(markdown: str) -> dict[str, SectionText]:
    """Code to section, in the order in which the sections begin."""
    found: dict[str, SectionText] = {}
    for part in parts(markdown):
        before = found.get(part.code)
        text = before.text + part.text if before else part.text
        kind = before.crisis_type if before else part.crisis_type
        found[part.code] = SectionText(part.code, before.title if before else part.title, text, kind)
    return found


@dataclass(frozen=True)
class _Start:
    code: str
    title: str
    crisis_type: str
    is_row: bool


def _starts(markdown: str) -> dict[int, _Start]:
    """Line number to the section that begins there."""
    tokens = parser().parse(markdown)
    found: dict[int, _Start] = {}
    above: list[tuple[int, str]] = []  # (level, crisis type) of the headings that enclose the line
    for index, token in enumerate(tokens):
        section = section_at(tokens, index)
        if section is None or token.map is None:
            continue
        line, is_row = token.map[0], token.type == "tr_open"
        kind = _type_named(section.code, section.title)
        if not is_row:
            level = int(token.tag[1:])
            above = [entry for entry in above if entry[0] < level]
            kind = kind or next((named for _, named in reversed(above) if named), "")
            above.append((level, kind))
        found[line] = _Start(section.code, section.title, kind, is_row)
    return found


def _type_named(code: str, title: str) -> str:
    plain = code.replace("-", "_")
    if plain in CRISIS_TYPES:
        return plain
    return next((kind for kind, label in CRISIS_TYPE_LABELS.items() if label.lower() == title.strip().lower()), "")
