"""`python -m annotation.agreement FILE.csv [--json]`: all agreement figures of a rating table.

`python -m annotation.agreement coverage [--json]`: how often the intervals are right, on simulated rounds.

Exit codes: 0 figures printed, 1 the file can't be read, 2 wrong arguments, 3 the table can't be used.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from annotation.agreement.coverage import as_text, check
from annotation.agreement.ratings import RatingError
from annotation.agreement.report import figures, table_figures
from annotation.agreement.tables import LAYOUTS, detect_layout, read_contingency, read_ratings, read_table

EXIT_UNREADABLE = 1
EXIT_UNUSABLE = 3
PRINTED = (
    "percent_agreement",
    "cohen",
    "cohen_linear",
    "cohen_quadratic",
    "fleiss",
    "ac1",
    "krippendorff_nominal",
    "krippendorff_ordinal",
    "krippendorff_interval",
    "krippendorff_ratio",
    "krippendorff_binary_below_0",
)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["coverage"]:
        return _coverage(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        report = _report(options)
    except OSError as error:
        print(f"can't read {options.file}: {error.strerror}", file=sys.stderr)
        return EXIT_UNREADABLE
    except RatingError as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    print(json.dumps(report, indent=1, allow_nan=False) if options.json else _as_text(report))
    return 0


def _report(options: argparse.Namespace) -> dict[str, Any]:
    table = read_table(options.file)
    layout = options.layout or detect_layout(table)
    if layout == "contingency":
        return {"layout": layout, **table_figures(*read_contingency(table))}
    ratings = read_ratings(table, layout, options.value)
    if options.below is not None:
        ratings = ratings.below(options.below)
    return {"layout": layout, **figures(ratings, replicates=options.replicates, seed=options.seed)}


def _as_text(report: dict[str, Any]) -> str:
    head = f"{report['layout']}: {report['items']} items, {len(report['raters'])} raters, {report['ratings']} ratings"
    lines = [head]
    lines += [f"{name:24} {report[name]:.4f}" for name in PRINTED if report.get(name) is not None]
    interval = report["interval"]
    if interval:
        lines.append(f"{report['kappa_of']} kappa 95% interval  {interval['low']:.4f} to {interval['high']:.4f}")
    lines.append(f"gate > {report['gate']}: {report['verdict']}")
    return "\n".join(lines)


def _coverage(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m annotation.agreement coverage")
    parser.add_argument("--rounds", type=int, default=2000, help="simulated rounds per line (default 2000)")
    parser.add_argument("--replicates", type=int, default=1000, help="bootstrap replicates (default 1000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    found = check(rounds=options.rounds, replicates=options.replicates, seed=options.seed)
    print(json.dumps(found, indent=1) if options.json else as_text(found))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m annotation.agreement", description=__doc__)
    parser.add_argument("file", type=Path, help="CSV file; its layout is detected")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--layout", choices=LAYOUTS, help="when the detection is wrong")
    parser.add_argument("--value", help="name of the rating column of a long table")
    parser.add_argument("--below", type=float, metavar="X", help="compare only: rating below X or not")
    parser.add_argument("--replicates", type=int, default=1000, help="bootstrap replicates (default 1000)")
    parser.add_argument("--seed", type=int, default=0, help="bootstrap seed (default 0)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
