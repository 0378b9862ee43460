"""Headings of a text that people wrote, on a page that has a heading of its own."""

from __future__ import annotations

from collections.abc import Iterable

from markdown_it.token import Token

LOWEST = 6


def under_the_page(tokens: Iterable[Token]) -> None:
    """Put every heading one rank lower: the page's own is its only first one. The source stays as it is."""
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(LOWEST, int(token.tag[1:]) + 1)}"
