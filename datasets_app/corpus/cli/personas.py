"""`personas`: transcripts to a voice and persona set, or to the CPTSD set."""

from __future__ import annotations

import argparse
from typing import Any, Final

from datasets_app.corpus.extraction.personas import SETS, Voices

from .long_conversations import add_common_arguments, run_extraction

EXAMPLE: Final = '--set cptsd --input-dir s3://pixel-data/voice/ --persona "Tim Fletcher" --output cptsd.jsonl --json'


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "personas",
        help="make voice and persona sets, or the CPTSD set, of transcripts",
        epilog=f"example: python -m datasets_app.corpus personas {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `extract_personas` have in common."""
    parser.add_argument("--set", default=SETS[0], choices=SETS, help="(default %(default)s)")
    parser.add_argument("--persona", default="", help="who speaks (what the row says, else the folder's name)")
    parser.add_argument(
        "--persona-speaker", action="append", default=[], help="label of the persona in transcripts; repeatable"
    )
    parser.add_argument(
        "--passage-words", type=int, default=220, help="length of a passage of a monologue (default %(default)s)"
    )
    add_common_arguments(parser, output="personas.jsonl", prefix="")


def run(options: argparse.Namespace) -> int:
    """Extract and print: 0 done (broken rows are in the report), 1 failed, 2 wrong use."""
    options.s3_output_prefix = options.s3_output_prefix or f"gdrive/processed/{options.set}/"
    picked = {
        "set": options.set,
        "persona": options.persona,
        "speakers": options.persona_speaker,
        "words": options.passage_words,
    }
    return run_extraction(options, "transcripts", family=options.set, picked=picked, sets=Voices)
