"""Rows and compiles of the engine's tests."""

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from datasets_app.corpus.engine import CompileReport, CompileSettings, Executor, Input, compile_corpus

WORDS = [
    "morning",
    "river",
    "kettle",
    "window",
    "garden",
    "letter",
    "winter",
    "doctor",
    "sister",
    "street",
    "candle",
    "pillow",
    "ticket",
    "violin",
    "mirror",
    "shadow",
    "ladder",
    "basket",
    "planet",
    "copper",
    "forest",
    "bridge",
    "cradle",
    "saddle",
    "thunder",
    "velvet",
    "whisper",
    "harbor",
    "lantern",
    "meadow",
]
TYPES = ("none", "none", "none", "panic", "substance", "self_harm", "immediate_harm", "psychotic", "passive_ideation")


def row(number: int, **fields: Any) -> dict[str, Any]:
    """A conversation that is like no other."""
    chance = random.Random(number)
    said = " ".join(chance.choices(WORDS, k=30))
    kind = TYPES[number % len(TYPES)]
    return {
        "id": f"r{number}",
        "messages": [
            {"role": "user", "content": f"I think of {said} {number}"},
            {"role": "assistant", "content": " ".join(chance.choices(WORDS, k=20))},
        ],
        "crisis_type": kind,
        "severity": None if kind == "none" else 1 + number % 5,
        **fields,
    }


def rows(count: int) -> list[dict[str, Any]]:
    """Conversations with groups, copies, near-copies and edge cases among them."""
    made = []
    for number in range(count):
        fields: dict[str, Any] = {}
        if number % 7 == 0:
            fields["author_id"] = f"a{number // 21}"
        if number % 11 == 0:
            fields["is_edge_case"] = True
            fields["edge_case_kind"] = "sarcasm"
        made.append(row(number, **fields))
        if number % 13 == 5:
            made.append(row(number, id=f"copy{number}", is_edge_case=number % 2 == 1))
        if number % 17 == 3:
            made.append(near_copy(made[-1], f"near{number}"))
    return made


def near_copy(original: dict[str, Any], name: str) -> dict[str, Any]:
    """The same conversation but for one word at its end."""
    first, second = original["messages"]
    changed = [first, {**second, "content": second["content"] + " tomorrow"}]
    return {**original, "id": name, "messages": changed}


def lines_of(found: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(item).encode() + b"\n" for item in found]


def write(path: Path, found: Iterable[dict[str, Any] | bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in found))
    return path


def described(path: Path, **fields: Any) -> Input:
    return Input(**({"address": str(path), "family": "sarcasm", "licence": "CC-BY-4.0", "consent": "open"} | fields))


def settings(**fields: Any) -> CompileSettings:
    return CompileSettings(**({"project": "alpha", "version": "1.0.0", "shard_lines": 20} | fields))


def compiled(
    folder: Path,
    inputs: Sequence[Input] | Path,
    *,
    executor: Executor | None = None,
    work: Path | None = None,
    **fields: Any,
) -> tuple[Path, CompileReport]:
    """Compile into a new folder below `folder` and return it with the report."""
    output = folder / f"release-{uuid4().hex[:8]}"
    given = [described(inputs)] if isinstance(inputs, Path) else inputs
    report = compile_corpus(
        given, output, settings(**fields), executor=executor, workdir=work or folder / f"work-{uuid4().hex[:8]}"
    )
    return output, report


def release_lines(release: Path) -> list[tuple[str, dict[str, Any]]]:
    """All lines of a release with their split."""
    return [
        (shard.parent.name, json.loads(line))
        for shard in sorted(release.glob("shards/*/*.jsonl"))
        for line in shard.read_bytes().splitlines()
    ]


def report_lines(report: CompileReport, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(report.report_folder) / name).read_bytes().splitlines()]
