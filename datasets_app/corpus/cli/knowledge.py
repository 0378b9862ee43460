"""`knowledge IN... --output KB.jsonl`: concepts with definitions and sources to a checked base; or a look into one."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus.knowledge import KnowledgeBase, KnowledgeInvalid, LoadReport, Match, load

EXAMPLE: Final = 'concepts.jsonl psychology.md --source "DSM-5-TR" --output knowledge.jsonl --json'
_SHOWN: Final = 200


def add_parser(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "knowledge",
        help="load a knowledge base of concepts, or look something up in one",
        epilog=f"example: python -m datasets_app.corpus knowledge {EXAMPLE}",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what this command and the hub's `load_knowledge_base` have in common."""
    parser.add_argument("inputs", nargs="+", type=Path, metavar="IN", help="files or folders; with --lookup a base")
    parser.add_argument("--output", type=Path, default=Path("knowledge.jsonl"), help="(default %(default)s)")
    parser.add_argument("--source", default="", help="where entries come from that name no source")
    parser.add_argument("--dry-run", action="store_true", help="check and count, and write nothing")
    parser.add_argument("--lookup", metavar="TEXT", help="look up a name, an alias or a near text in a loaded base")
    parser.add_argument("--limit", type=int, default=5, help="most answers of a look-up (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print the report or the answers as JSON")


def run(options: argparse.Namespace) -> int:
    """Load or look up: 0 done and nothing refused (something found), 1 otherwise, 2 wrong use."""
    try:
        if options.lookup is not None:
            return _look_up(options)
        report = load(options.inputs, None if options.dry_run else options.output, source=options.source)
    except KnowledgeInvalid as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n" if options.json else _told(report))
    return 1 if report.manifest.refused else 0


def _look_up(options: argparse.Namespace) -> int:
    if len(options.inputs) != 1 or options.limit < 1:
        raise KnowledgeInvalid("one base is looked into, for one answer or more")
    base = KnowledgeBase.open(options.inputs[0])
    found = base.lookup(options.lookup, options.limit)
    if options.json:
        answers = [{"by": match.by, "score": match.score, **msgspec.to_builtins(match.concept)} for match in found]
        sys.stdout.write(msgspec.json.encode({"version": base.version, "found": answers}).decode() + "\n")
    else:
        sys.stdout.write("".join(map(_shown, found)) or "nothing found\n")
    return 0 if found else 1


def _shown(match: Match) -> str:
    lines = [f"{match.concept.name}  ({match.by}, {match.score:.2f})"]
    for definition in match.concept.definitions:
        text = definition.text if len(definition.text) <= _SHOWN else f"{definition.text[:_SHOWN]}…"
        lines.append(f"  {text}  [{definition.source}]")
    return "\n".join(lines) + "\n"


def _told(report: LoadReport) -> str:
    manifest = report.manifest
    lines = [
        f"{manifest.read:,} read = {manifest.taken:,} taken + {manifest.duplicates:,} duplicates "
        f"+ {manifest.refused:,} refused; {manifest.concepts:,} concepts",
        *(f"  {count:>6,}  refused: {reason}" for reason, count in manifest.reasons.items()),
        *(f"  sources differ on: {name}" for name in manifest.differing),
        *(f"  one name, several concepts: {name} ({', '.join(of)})" for name, of in manifest.ambiguous.items()),
        f"version {manifest.version[:16]}" + (f" in {report.output}" if report.output else "; nothing was written"),
    ]
    if report.refused_file and manifest.refused:
        lines.append(f"refused entries, each with file, line and reason: {report.refused_file}")
    return "\n".join(lines) + "\n"
