"""`synthetic` and `edge-cases`: made-up conversations as JSONL, the same bytes for a seed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.engine.layout import write_atomically
from datasets_app.corpus.synthesis.backends import BACKENDS, TEMPLATES, Made, Run
from datasets_app.corpus.synthesis.choice import Services, backend_named
from datasets_app.corpus.synthesis.edge_cases import ALL, CATEGORIES, categories_named
from datasets_app.corpus.synthesis.endpoint import EndpointError
from datasets_app.corpus.synthesis.plan import EDGE_CASES, STYLES, Plan

EXAMPLE: Final = "synthetic --count 3000 --seed 42 --output synthetic.jsonl"
EDGE_EXAMPLE: Final = "edge-cases --categories all --count 10000 --scenarios-per-category 50 --output edge.jsonl"
_TOLD_EVERY: Final = 500


def add_parser(subparsers: Any) -> None:
    """Declare both commands."""
    parser = subparsers.add_parser(
        "synthetic", help="make up conversations", epilog=f"example: python -m datasets_app.corpus {EXAMPLE}"
    )
    add_arguments(parser, count=3000)
    add_scenario_arguments(parser)
    parser.set_defaults(run=run_synthetic)
    edges = subparsers.add_parser(
        "edge-cases", help="make up edge cases", epilog=f"example: python -m datasets_app.corpus {EDGE_EXAMPLE}"
    )
    add_arguments(edges, count=10_000)
    add_edge_arguments(edges)
    edges.set_defaults(run=run_edge_cases)


def add_arguments(parser: argparse.ArgumentParser, *, count: int) -> None:
    """Declare what both commands and their counterparts of the hub have in common."""
    parser.add_argument("--count", type=int, default=count, help="how many conversations (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=42, help="same seed, same conversations (default: %(default)s)")
    parser.add_argument("--output", type=Path, help="JSONL file, written whole or not at all (default: stdout)")
    parser.add_argument("--dry-run", action="store_true", help="make them and count them, and write nothing")
    parser.add_argument("--json", action="store_true", help="print the counts as one JSON object (needs --output)")
    parser.add_argument(
        "--backend",
        choices=list(BACKENDS),
        default=TEMPLATES,
        help="who writes the words: templates, a language model (SYNTHESIS_ENDPOINT), or NeMo Data Designer "
        "(SYNTHESIS_DESIGNER); default: %(default)s",
    )


def add_scenario_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what narrows scenarios."""
    parser.add_argument("--types", default="", help=f"some of: {', '.join(taxonomy.CRISIS_TYPES)} (with commas)")
    parser.add_argument("--difficulties", default="", help=f"some of: {', '.join(taxonomy.DIFFICULTIES)}")
    parser.add_argument("--styles", default="", help=f"role-play styles, some of: {', '.join(STYLES)}")


def add_edge_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what only edge cases have."""
    parser.add_argument("--categories", default=ALL, help=f"all, or some of: {', '.join(CATEGORIES)} (with commas)")
    parser.add_argument("--scenarios-per-category", type=int, default=50, help="fixed scenarios of each category")


def run_synthetic(options: argparse.Namespace) -> int:
    """Write conversations: 0 done, 1 not written, 2 wrong use."""
    return _run(
        options,
        lambda: Plan(
            options.count,
            options.seed,
            types=_listed(options.types),
            difficulties=_listed(options.difficulties),
            styles=_listed(options.styles),
        ),
    )


def run_edge_cases(options: argparse.Namespace) -> int:
    """Write edge cases: 0 done, 1 not written, 2 wrong use."""
    return _run(
        options,
        lambda: Plan(
            options.count,
            options.seed,
            EDGE_CASES,
            categories=tuple(category.name for category in categories_named(options.categories)),
            scenarios_per_category=options.scenarios_per_category,
        ),
    )


def _listed(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _run(options: argparse.Namespace, plan_of: Callable[[], Plan]) -> int:
    if options.json and options.output is None and not options.dry_run:
        sys.stderr.write("--json prints the counts: the conversations need an --output file\n")
        return 2
    counts: dict[str, Counter[str]] = {}
    refused: list[Made] = []
    started = time.monotonic()
    try:
        plan = plan_of()
        backend = backend_named(options.backend, Services.from_environment())
        lines = _lines(_rows(backend.make(plan, Run()), refused), counts, plan.count)
        if options.dry_run:
            for _ in lines:
                pass
        elif options.output is None:
            for line in lines:
                sys.stdout.write(line.decode())
        else:
            write_atomically(options.output, lines)
            if refused:
                write_atomically(_quarantine(options.output), map(_set_aside, refused))
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (EndpointError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    report: dict[str, Any] = {name: dict(sorted(found.items())) for name, found in sorted(counts.items())}
    report["conversations"] = plan.count - len(refused)
    report["quarantined"] = dict(sorted(Counter(made.reason for made in refused).items()))
    report["backend"] = options.backend
    report["seconds"] = round(time.monotonic() - started, 2)
    text = json.dumps(report, indent=2 if options.json else None, sort_keys=True)
    (sys.stdout if options.json else sys.stderr).write(text + "\n")
    return 1 if refused and backend.name == TEMPLATES else 0


def _rows(made: Iterable[Made], refused: list[Made]) -> Iterator[Mapping[str, Any]]:
    for one in made:
        if one.row is None:
            refused.append(one)
        else:
            yield one.row


def _quarantine(output: Path) -> Path:
    return output.with_name(f"{output.stem}.quarantine.jsonl")


def _set_aside(made: Made) -> bytes:
    told = {"number": made.number, "reason": made.reason, "detail": made.detail, "raw": made.raw}
    return orjson.dumps(told) + b"\n"


def _lines(rows: Iterable[Mapping[str, Any]], counts: dict[str, Counter[str]], total: int) -> Iterator[bytes]:
    for number, row in enumerate(rows, start=1):
        metadata = row["metadata"]
        seen = {
            "crisis_type": row["crisis_type"],
            "severity": str(row["severity"] or "none"),
            **{
                name: metadata[name]
                for name in ("difficulty", "scenario_family", "form", "category")
                if name in metadata
            },
        }
        for name, value in seen.items():
            counts.setdefault(name, Counter())[str(value)] += 1
        if number % _TOLD_EVERY == 0 and sys.stderr.isatty():
            sys.stderr.write(f"\r{number:,} of {total:,} conversations")
        yield orjson.dumps(row) + b"\n"
