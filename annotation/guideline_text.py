"""Guideline Markdown to HTML with addressable sections. Django-free."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.ui.headings import under_the_page

FIRST_VERSION = Path(__file__).parent / "guidelines" / "v1.md"
ANCHOR_PREFIX = "section-"
LONGEST_CODE = 64  # what a decision can store


@dataclass(frozen=True)
class Section:
    """A part of a guideline that a decision can point to; `code` is a type code or the slug of a heading."""

    code: str
    title: str

    @property
    def anchor(self) -> str:
        return ANCHOR_PREFIX + self.code


def render(markdown: str) -> str:
    """HTML with an id on every heading and on each crisis type's row; raw HTML in the source stays text.

    Headings are a rank lower than in the source: the page around them has the first.
    """
    reader = parser()
    tokens, _ = _anchored(reader, markdown)
    under_the_page(tokens)
    return reader.renderer.render(tokens, reader.options, {})


def sections(markdown: str) -> list[Section]:
    """The addressable sections in the order of the text."""
    return _anchored(parser(), markdown)[1]


def section_html(markdown: str, code: str) -> str:
    """HTML of one section: a heading down to the next of its rank, or a crisis type's row under its table's head.

    Empty where the text has no such section. Without ids, so that it can stand beside the whole text.
    """
    reader = parser()
    tokens = reader.parse(markdown)
    found = (n for n in range(len(tokens)) if (section := section_at(tokens, n)) and section.code == code)
    start = next(found, None)
    if start is None:
        return ""
    part = _row_with_head(tokens, start) if tokens[start].type == "tr_open" else _under_heading(tokens, start)
    return str(reader.renderer.render(part, reader.options, {}))


def _under_heading(tokens: list[Token], start: int) -> list[Token]:
    rank = tokens[start].tag
    ends = (n for n in range(start + 1, len(tokens)) if tokens[n].type == "heading_open" and tokens[n].tag <= rank)
    return tokens[start : next(ends, len(tokens))]


def _row_with_head(tokens: list[Token], start: int) -> list[Token]:
    table = next(n for n in range(start, -1, -1) if tokens[n].type == "table_open")
    body = next(n for n in range(table, start) if tokens[n].type == "tbody_open")
    row_end = next(n for n in range(start, len(tokens)) if tokens[n].type == "tr_close")
    body_end = next(n for n in range(row_end, len(tokens)) if tokens[n].type == "tbody_close")
    return [*tokens[table : body + 1], *tokens[start : row_end + 1], *tokens[body_end : body_end + 2]]


def version_sha256(title: str, markdown: str, change_note: str) -> str:
    """Hash of everything a version says: what was read is what is approved, edited or sent back."""
    return sha256_hex(canonical_json({"title": title, "markdown": markdown, "change_note": change_note}))


def parser() -> MarkdownIt:
    """CommonMark with tables; raw HTML is text."""
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _anchored(reader: MarkdownIt, markdown: str) -> tuple[list[Token], list[Section]]:
    tokens = reader.parse(markdown)
    found: dict[str, Section] = {}
    for index, token in enumerate(tokens):
        section = section_at(tokens, index)
        if section is not None and section.code not in found:
            found[section.code] = section
            token.attrSet("id", section.anchor)
    return tokens, list(found.values())


def section_at(tokens: list[Token], index: int) -> Section | None:
    """The section that begins at this token: a heading, or a table row that begins with a type's code."""
    kind = tokens[index].type
    if kind == "heading_open":
        title = tokens[index + 1].content
        slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:LONGEST_CODE].rstrip("-")
        return Section(slug, title) if slug else None
    if kind == "tr_open" and tokens[index + 1].type == "td_open":
        code = tokens[index + 2].content.strip()
        return Section(code, CRISIS_TYPE_LABELS[code]) if code in CRISIS_TYPES else None
    return None
