"""A conversation with a label's highlights, for the pages on which somebody looks at a label."""

from __future__ import annotations

from typing import Any

from annotation.spans import pieces
from datasets_app.models import Record


def turns_of(record: Record, spans: list[dict[str, int]]) -> list[dict[str, Any]]:
    """The messages in order, each cut at the highlights."""
    return [
        {"role": message["role"], "pieces": pieces(message["content"], {"A": spans}, index)}
        for index, message in enumerate(record.messages)
    ]
