"""The command `enrichment-heads`: train the heads of D17 and say how they did on held-out data."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from .encoder import use_threads
from .events import emit_json_line


def register(commands: Any) -> None:
    """Add the command's parser."""
    training = commands.add_parser(
        "enrichment-heads", help="train emotion and coherence heads on real files, others on ratings of one's own"
    )
    training.add_argument("--real", type=Path, required=True, help="folder of the real files (../shared/data/real)")
    training.add_argument("--labels", type=Path, help="JSON lines of rated replies: said, reply, ratings")
    training.add_argument("--out", type=Path, required=True, help="folder that gets encoder, heads and figures")
    training.add_argument("--threads", type=int, default=1, help="default: 1")
    training.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> int:
    # Imported here: scikit-learn takes a second that no other command needs.
    train_heads = import_module(f"{__package__}.enrichment_heads").train_heads
    use_threads(options.threads)
    document = train_heads(options.real, options.out, labels=options.labels, emit=emit_json_line)
    emit_json_line({"event": "done", "heads": document["heads"]})
    return 0
