"""Small releases in a folder, written by the product's own writer, with any defect a test asks for."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from datasets_app.corpus.croissant import CROISSANT, croissant
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.manifest import MANIFEST, manifest_digest, write_release
from datasets_app.corpus.taxonomy import CRISIS_TYPES, FAMILIES, NONE_TYPE
from pixelhub.canonical import canonical_json, sha256_file

WORDS = ("river", "window", "garden", "morning", "letter", "music", "winter", "kitchen", "train", "paper", "stone",
         "ocean", "mirror", "candle", "forest", "bottle", "market", "silver", "thunder", "blanket", "yellow", "coffee",
         "shadow", "bridge", "summer", "pocket", "ladder", "orange", "button", "island")  # fmt: skip


def said(seed: int, words: int = 40) -> str:
    """A text that shares no run of three words with another seed's, but by chance."""
    return " ".join(random.Random(seed).choices(WORDS, k=words)) + f" {seed}"


def line(text: str, *, split: str = "train", reply: str = "", **changes: Any) -> tuple[str, dict[str, Any]]:
    """A release line in a split; `changes` go to the line or its metadata."""
    messages = [{"role": "user", "content": text}]
    if reply:
        messages.append({"role": "assistant", "content": reply})
    content = content_hash(messages)
    crisis_type = changes.pop("crisis_type", NONE_TYPE)
    severity = changes.pop("severity", None if crisis_type in (NONE_TYPE, None) else 3)
    metadata: dict[str, Any] = {
        "content_hash": content, "record_hash": "r", "source_family": "sarcasm", "stage": 1, "source": "synthetic",
        "is_training_edge_case": False, "edge_case_kind": "", "group": f"g:{content[7:31]}", "cluster": "",
        "pii": "checked",
        "provenance": {
            "snapshot_sha256": "a" * 64, "snapshot_number": 1, "decided_by": "majority",
            "annotations": [{"id": 1, "sha256": "b" * 64, "annotator": "c"}], "import_batch": 1,
            "import_sha256": "d" * 64, "line": 1, "simulated": False,
        },
    }  # fmt: skip
    label_source = changes.pop("label_source", "none" if crisis_type is None else "annotators")
    return split, {
        "id": f"r-{content[7:15]}", "messages": messages, "crisis_type": crisis_type, "severity": severity,
        "confidence": None if crisis_type is None else 0.9, "label_source": label_source,
        "metadata": metadata | changes,
    }  # fmt: skip


def plain(count: int, *, first: int = 0, **changes: Any) -> list[tuple[str, dict[str, Any]]]:
    """Lines of all types and families in 70/15/15, none like another."""
    found = []
    for n in range(first, first + count):
        split = ("train", "val", "test")[(n % 20 >= 14) + (n % 20 >= 17)]
        family, kind = FAMILIES[n % len(FAMILIES)], CRISIS_TYPES[(n // 20) % len(CRISIS_TYPES)]
        found.append(line(said(n), split=split, crisis_type=kind, **({"source_family": family} | changes)))
    return found


def write(root: Path, lines: Sequence[tuple[str, dict[str, Any]]], *, version: str = "1.0.0", **params: Any) -> Path:
    """Write a release with Croissant metadata beside it, and return its folder."""
    root.mkdir(parents=True)
    ordered = sorted(lines, key=lambda item: item[1]["metadata"]["content_hash"])
    manifest = write_release(
        root, ordered, project="alpha", version=version, params={"seed": 4, **params}, snapshots=[],
        edge_cases_expected=sum(item["metadata"]["is_training_edge_case"] for _, item in lines), shard_lines=50,
    )  # fmt: skip
    if not (root / CROISSANT).exists():
        (root / CROISSANT).write_bytes(croissant(manifest, manifest["files"]))
        size, digest = (root / CROISSANT).stat().st_size, sha256_file(root / CROISSANT)
        entry = {"path": CROISSANT, "split": "", "lines": 0, "bytes": size, "sha256": digest}
        change(root, lambda document: document["files"].append(entry))
    return root


def change(root: Path, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Change the manifest and make its own hash right again, as a foreign tool or a forger would."""
    manifest = json.loads((root / MANIFEST).read_bytes())
    edit(manifest)
    manifest["sha256"] = manifest_digest(manifest)
    (root / MANIFEST).write_bytes(canonical_json(manifest))


def gates_of(report: Any) -> dict[str, dict[str, Any]]:
    return {gate["gate"]: gate for gate in report.gates}
