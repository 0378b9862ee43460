"""Conversations of given lengths, and how the extractors' files are read."""

import json
from pathlib import Path
from typing import Any


def conversation(number: int, turns: int, **fields: Any) -> dict[str, Any]:
    """A conversation like no other with so many turns."""
    said = [
        {"role": ("user", "assistant")[turn % 2], "content": f"turn {turn} of conversation {number}: it is a long day"}
        for turn in range(turns)
    ]
    return {"id": f"c{number}", "messages": said, **fields}


def lines_of(rows: Any) -> bytes:
    """JSONL; bytes go in as they are."""
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def write(path: Path, rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines_of(rows))
    return path


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def manifest_of(output: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(output.with_suffix(".manifest").read_bytes())
    return found


def written(output: Path) -> dict[str, bytes]:
    """Records, quarantine and manifest of a set."""
    stem = output.name.removesuffix(".jsonl")
    return {path.name: path.read_bytes() for path in sorted(output.parent.glob(f"{stem}.*")) if path.is_file()}
