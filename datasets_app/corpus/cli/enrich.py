"""`enrich FOLDER --out OUT`: emotion, bias and quality of every conversation of a release in a folder, by rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from datasets_app.corpus.engine.executors import ExecutorError, make_executor
from datasets_app.corpus.engine.layout import write_atomically
from datasets_app.corpus.enrichment.bulk import DOCUMENT, SCORES, Enriched, OutBusy, enrich
from datasets_app.corpus.enrichment.handing_on import scored_lines
from pixelhub.canonical import canonical_json

EXAMPLE: Final = "enrich releases/1.0.0 --out scores/1.0.0 --workers 2 --json"


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "enrich",
        help="score emotion, bias and quality of a release, by rules",
        epilog=f"example: python -m datasets_app.corpus {EXAMPLE}",
    )
    parser.add_argument("folder", type=Path, help="a release")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {SCORES} and {DOCUMENT}")
    parser.add_argument("--workers", type=int, default=1, help="processes (default %(default)s)")
    parser.add_argument("--lines", type=Path, help="also write the release's lines with metadata.scores, for stages")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Score: 0 done, 1 the release cannot be read or another run writes there, 2 wrong use."""
    if options.workers < 1:
        sys.stderr.write("--workers must be positive\n")
        return 2
    executor = make_executor("inline" if options.workers == 1 else "pool", workers=options.workers)
    try:
        done = enrich(options.folder, options.out, executor=executor, progress=tell)
        write_lines(options.folder, options.out, options.lines)
    except OutBusy as busy:
        sys.stderr.write(f"{busy}\n")
        return 1
    except (ExecutorError, OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"no readable release: {type(error).__name__}; verify it first\n")
        return 1
    finally:
        executor.close()
    sys.stdout.write((json.dumps(result_of(done), sort_keys=True) if options.json else as_text(done)) + "\n")
    return 0


def write_lines(release: Path, scores: Path, target: Path | None) -> None:
    """Write the lines of a release with their scores, where that was asked for. Raises ScoresRefused, OSError."""
    if target is not None:
        write_atomically(target, (canonical_json(line) + b"\n" for line in scored_lines(release, scores)))


def tell(done: int, total: int) -> None:
    """Show how far it is, to people at a terminal."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total} conversations" + ("\n" if done == total else ""))


def result_of(done: Enriched) -> dict[str, Any]:
    """Return what a run did as JSON types."""
    return done.document | {
        "resumed": done.resumed,
        "seconds": round(done.seconds, 2),
        "conversations_per_second_and_core": done.rate_per_core,
    }


def as_text(done: Enriched) -> str:
    """Return what a run did, as lines for people."""
    report: Mapping[str, Any] = done.document["report"]
    speed = "" if done.rate_per_core is None else f", {done.rate_per_core:g} a second and core"
    lines = [f"{done.lines} conversations scored in {done.seconds:.1f} s{speed}; {done.resumed} were there already"]
    for name, figure in report["figures"].items():
        label = name.replace("_", " ").capitalize()
        if figure["value"] is None:
            lines.append(f"  {label:<26} –  ({figure['n']} judged)")
            continue
        target = "" if figure["target"] is None else f"≥ {figure['target']:g} {figure['verdict']}"
        lines.append(
            f"  {label:<26} {figure['value']:6.3f} ({figure['low']:.3f} to {figure['high']:.3f}) {target}".rstrip()
        )
    felt = sorted(report["emotions"].items(), key=lambda item: -item[1])
    lines.append("  Emotions: " + ", ".join(f"{name} {count}" for name, count in felt if count))
    return "\n".join(lines)
