"""Small verified releases for tests, written by the product's own writer."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datasets_app.corpus.hashing import content_hash, record_hash
from datasets_app.corpus.manifest import write_release
from datasets_app.corpus.splits import SplitItem, assign_splits
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.taxonomy import NONE_TYPE

SENTENCES = {
    "immediate_harm": ("I have the pills in my hand and will do it tonight", "I am on the bridge now, ready to jump"),
    "self_harm": ("I cut my arms again last night", "I burned myself because I hate my body"),
    "substance": ("I drank until I blacked out again", "I took far too many painkillers to get high"),
    "panic": ("my heart is racing and I cannot breathe", "I am shaking, my chest is tight, it is a panic attack"),
    "psychotic": ("the voices tell me that they are watching", "the television sends me secret messages"),
    "passive_ideation": ("I wish I would not wake up", "everyone would be better off without me"),
    NONE_TYPE: ("I had a long day and want to relax", "how do I cook rice", "my exam is next week and I am nervous"),
}
FILLERS = (
    "today",
    "these days",
    "since monday",
    "honestly",
    "at home",
    "my sister says",
    "at school",
    "again",
    "maybe",
)


@dataclass(frozen=True)
class Labelled:
    """One labelled conversation."""

    messages: list[dict[str, str]]
    crisis_type: str
    severity: int | None
    is_edge_case: bool = False
    # of the optional heads, as an input's metadata carries them
    labels: dict[str, float | str] = field(default_factory=dict)


def simple_conversations(count: int, *, seed: int = 1) -> list[Labelled]:
    """Return distinct conversations that any sensible model can tell apart; all seven types in turn."""
    chance = random.Random(seed)
    kinds = list(SENTENCES)
    made: dict[str, Labelled] = {}
    while len(made) < count:
        kind = kinds[len(made) % len(kinds)]
        words = " ".join(chance.sample(FILLERS, 4))
        said = f"{words}, {chance.choice(SENTENCES[kind])}"
        messages = [
            {"role": "user", "content": f"hello {chance.choice(FILLERS)}"},
            {"role": "assistant", "content": "I am here. What is going on?"},
            {"role": "user", "content": said},
        ]
        severity = None if kind == NONE_TYPE else 5 - kinds.index(kind) % 5
        made[content_hash(messages)] = Labelled(messages, kind, severity, is_edge_case=len(made) % 19 == 0)
    return list(made.values())


def synthetic_conversations(count: int, *, seed: int = 1) -> list[Labelled]:
    """Return conversations of the product's own generator."""
    return [
        Labelled(row["conversation"], row["crisis_type"], row["severity"], row["is_edge_case"])
        for row in generate(count, seed)
    ]


def write_labelled_release(
    root: Path, conversations: Sequence[Labelled], *, project: str = "alpha", version: str = "1.0.0", seed: int = 7
) -> dict[str, Any]:
    """Write the conversations as a release into a new folder and return its manifest."""
    root.mkdir(parents=True)
    items = {content_hash(row.messages): row for row in conversations}
    placed = assign_splits([SplitItem(key, row.crisis_type, (key,)) for key, row in items.items()], seed=seed)
    lines = [
        (placed[key].split, _line(key, placed[key].group, items[key], number))
        for number, key in enumerate(sorted(items), start=1)
    ]
    return write_release(
        root,
        lines,
        project=project,
        version=version,
        params={"seed": seed},
        snapshots=[],
        edge_cases_expected=sum(row.is_edge_case for row in items.values()),
    )


def _line(key: str, group: str, row: Labelled, number: int) -> dict[str, Any]:
    return {
        "id": f"r{number}",
        "messages": row.messages,
        "crisis_type": row.crisis_type,
        "severity": row.severity,
        "confidence": 0.9,
        "metadata": {
            "content_hash": key,
            "record_hash": record_hash(key, 1, "synthetic", row.severity),
            "source_family": "edge_case_synthetic",
            "stage": 1,
            "source": "synthetic",
            "is_training_edge_case": row.is_edge_case,
            "edge_case_kind": "ambiguous_signal" if row.is_edge_case else "",
            "group": group,
            "origin": {"format": "chatml", "input": {"metadata": {"labels": row.labels}}} if row.labels else {},
            "provenance": {
                "snapshot_sha256": "0" * 64,
                "snapshot_number": 1,
                "decided_by": "unanimous",
                "annotations": [{"id": number, "sha256": "0" * 64, "annotator": "a1f3c9"}],
                "import_batch": 1,
                "import_sha256": "0" * 64,
                "line": number,
                "simulated": True,
            },
        },
    }
