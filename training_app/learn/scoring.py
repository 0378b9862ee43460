"""Scores conversations of a JSON-lines file with a frozen bundle; no label is needed and none is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from datasets_app.corpus.formats import convert
from datasets_app.corpus.parse import RowRejected, parse_json
from datasets_app.corpus.render import render_conversation
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE

from .bundle import FrozenBundle
from .predict import predict


@dataclass(frozen=True)
class Scorable:
    """One conversation to score, under the identifier of its row or else its line number."""

    id: str
    text: str


def read_scorable(lines: Iterable[bytes], *, last_messages: int) -> tuple[list[Scorable], list[str]]:
    """Return the conversations of JSON lines, and the reason for each line that is none ("line 3: ...").

    A row holds `messages`, `conversation`, `text` or any other form that imports take. Reasons hold no text.
    """
    rows, refused = [], []
    for number, raw in enumerate(lines, start=1):
        if not raw.strip():
            continue
        try:
            parsed = parse_json(raw)
            converted = convert(parsed)
        except RowRejected as reason:
            refused.append(f"line {number}: {reason}")
            continue
        text = render_conversation(converted.messages, last=last_messages)
        if not text:
            refused.append(f"line {number}: no message of a user or an assistant")
            continue
        given = parsed.get("id")
        rows.append(Scorable(str(number) if given is None else str(given), text))
    return rows, refused


def score(bundle: FrozenBundle, rows: list[Scorable], *, threads: int = 1) -> list[dict[str, Any]]:
    """Return id, score, crisis, crisis_type and severity (None without a crisis) of each row, in order."""
    if not rows:
        return []
    found = predict(bundle, [row.text for row in rows], threads=threads)
    results = []
    for index, row in enumerate(rows):
        crisis_type = CRISIS_TYPES[int(found.types[index])]
        crisis = crisis_type != NONE_TYPE
        results.append(
            {
                "id": row.id,
                "score": round(float(found.scores[index]), 6),
                "crisis": crisis,
                "crisis_type": crisis_type,
                "severity": int(found.severities[index]) if crisis else None,
            }
        )
    return results
