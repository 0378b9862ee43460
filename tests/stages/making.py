"""Records of every stage, good and bad ones, for tests and for the benchmark of 100,000."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datasets_app.corpus import taxonomy

_KIND = "That sounds so hard, and I hear how {feeling} {word} makes you feel. What would help you most right now?"
_CURT = "Noted. Next topic: {word}."
_REASONED = (
    " First, you said the {word} came back, which may suggest a pattern; because the symptoms lasted two weeks, this"
    " indicates that grounding and a cognitive approach could be next."
)
_HARSH = "You're overreacting about the {word}. Others have it worse. You must stop thinking of it."
_WORDS = ["river", "kettle", "window", "garden", "letter", "winter", "doctor", "sister", "street", "candle", "violin"]
_FEELINGS = ["sad", "afraid", "lonely", "tired", "angry", "ashamed", "hopeless", "worried"]
# How many of 100 generated records belong to each stage: unlike the ladder, so that the sampler has work to do.
POOL = {1: 46, 2: 24, 3: 17, 4: 13}
FAMILY_OF = {1: "priority_datasets", 2: "cot_reasoning", 3: "edge_case_synthetic", 4: "voice_persona"}


def record(number: int, stage: int, **changes: Any) -> dict[str, Any]:
    """A record like no other that its stage takes; changes replace fields, those of metadata one by one."""
    chance = random.Random(number)
    word, feeling = chance.choice(_WORDS), chance.choice(_FEELINGS)
    said = f"I keep thinking of the {word}, {' '.join(chance.choices(_WORDS, k=12))}, and feel {feeling} ({number})."
    reply = _KIND.format(word=word, feeling=feeling) + (_REASONED.format(word=word) if stage == 2 else "")
    metadata: dict[str, Any] = {"stage": stage, "source_family": FAMILY_OF[stage], "source": "synthetic"}
    if stage == 4:
        metadata |= {"persona_id": "warm_teacher", "voice_signature": "warm_teacher_v1"}
    metadata |= changes.pop("metadata", {})
    made = {
        "id": f"r{number}",
        "messages": [{"role": "user", "content": said}, {"role": "assistant", "content": reply}],
        "crisis_type": "none",
        "severity": None,
        "metadata": metadata,
    }
    return made | changes


def reply(made: dict[str, Any], kind: str) -> dict[str, Any]:
    """The record with another reply: "curt" lacks empathy, "harsh" lacks safety as well, "none" there is none."""
    said = made["messages"][0]
    if kind == "none":
        return {**made, "messages": [said]}
    text = {"curt": _CURT, "harsh": _HARSH}[kind].format(word=made["id"])
    return {**made, "messages": [said, {"role": "assistant", "content": text}]}


def records(count: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """A pool as sources give it: good records, one in twelve that its stage refuses, edge cases, some copies."""
    chance = random.Random(seed)
    stages = [stage for stage, share in POOL.items() for _ in range(share)]
    for number in range(count):
        stage = chance.choice(stages)
        made = record(number, stage)
        bad, edge = chance.random() < 1 / 12, chance.random() < (0.3 if stage == 3 else 0.03)
        if bad:
            made = reply(made, "harsh")
        if edge:
            made |= {"is_edge_case": True, "crisis_type": chance.choice(taxonomy.SIX_TYPES), "severity": 4}
        yield made
        if number % 40 == 0:
            copied = {**made["metadata"], "stage": 1 + stage % 4, "persona_id": "p", "voice_signature": "v"}
            yield {**made, "id": f"copy{number}", "metadata": copied}


def write(path: Path, rows: Any) -> Path:
    """A JSONL file; bytes go in as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as sink:
        for row in rows:
            sink.write(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n")
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]
