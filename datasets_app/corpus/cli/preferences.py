"""`preferences`: pairs of a safer and a less safe reply to the same prompt, for alignment."""

from __future__ import annotations

import argparse
from typing import Any, Final

from datasets_app.corpus.extraction.pairs import Pairs
from datasets_app.corpus.extraction.replies import SET, PairOptions
from datasets_app.corpus.extraction.writing import Sets

from .long_conversations import add_common_arguments, run_extraction

EXAMPLE: Final = "--input-dir s3://pixel-data/gdrive/processed/ --margin 0.3 --output safety_pairs.jsonl --json"
FAMILY: Final = "safety_guardrails_annihilator"


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "preferences",
        help="make safety preference pairs (chosen, rejected) of rated or estimated replies",
        epilog=f"example: python -m datasets_app.corpus preferences {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `extract_preference_pairs` have in common."""
    default = PairOptions()
    pairs = parser.add_argument_group("what makes a pair; safety lies between 0 and 1")
    pairs.add_argument("--margin", type=float, default=default.margin, help="safer by at least (default %(default)s)")
    pairs.add_argument("--floor", type=float, default=default.floor, help="least of a chosen reply (%(default)s)")
    pairs.add_argument("--pairs-per-prompt", type=int, default=default.per_prompt, help="(default %(default)s)")
    add_common_arguments(parser, output="safety_pairs.jsonl", prefix=f"gdrive/processed/{FAMILY}/")


def run(options: argparse.Namespace) -> int:
    """Extract and print: 0 done (broken rows are in the report), 1 failed, 2 wrong use."""
    picked = {"margin": options.margin, "floor": options.floor, "per_prompt": options.pairs_per_prompt}

    def sets() -> Sets:
        return Pairs(PairOptions(**picked))

    return run_extraction(options, SET, family=FAMILY, picked=picked, sets=sets)
