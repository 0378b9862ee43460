"""The in-process limit: the same session and texts without HTTP, keys, rules or logs."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

from datasets_app.corpus.render import render_conversation
from inference.engine.bundle import folder_reader, load_bundle
from inference.engine.session import ModelSession
from pixelhub.canonical import sha256_file

_WORDS = [
    "today",
    "the",
    "week",
    "was",
    "long",
    "and",
    "work",
    "is",
    "calm",
    "we",
    "talked",
    "about",
    "dinner",
    "plans",
    "for",
    "summer",
]
_rng = random.Random(7)
#: Made-up texts of about 64 tokens.
TEXTS = [" ".join(_rng.choice(_WORDS) for _ in range(60)) for _ in range(64)]


def measure(folder: Path, seconds: float) -> dict[str, Any]:
    """CPU milliseconds per text of tokenising and running one at a time."""
    read, names = folder_reader(folder)
    session = ModelSession(load_bundle(read, expected_sha256=sha256_file(folder / "bundle.json"), names=names))
    session.warm_up()
    texts = [render_conversation([{"role": "user", "content": text}]) for text in TEXTS]
    latencies: list[float] = []
    cpu, until = time.process_time(), time.perf_counter() + seconds
    while time.perf_counter() < until:
        asked = time.perf_counter()
        session.run([session.encode(texts[len(latencies) % len(texts)])])
        latencies.append(time.perf_counter() - asked)
    cpu = time.process_time() - cpu
    latencies.sort()
    return {
        "requests": len(latencies),
        "cpu_ms": round(cpu * 1000 / len(latencies), 3),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p95_ms": round(latencies[int(len(latencies) * 0.95)] * 1000, 2),
    }
