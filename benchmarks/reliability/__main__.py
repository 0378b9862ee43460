"""The long form of every row of docs/reliability.md, one after another, and a table of what they told.

    python -m benchmarks.reliability                   # hours
    python -m benchmarks.reliability --only 5 16       # these rows
    python -m benchmarks.reliability --list            # the command of each row, without running it

Exit status 1 where a command failed, with the rows in which one did.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.reliability.figures import told
from benchmarks.reliability.rows import ROWS, Row
from tests.paths import PROJECT_ROOT


@dataclass
class Ran:
    """One command, and what it told."""

    row: Row
    command: str
    status: int
    seconds: float
    figures: list[dict[str, Any]]
    last_line: str

    def lines(self) -> list[str]:
        """Of the table: one for each figure, or one with the command's last line where it tells none."""
        state = "held" if self.status == 0 else f"FAILED ({self.status})"
        shown = [(figure["what"], _short(figure)) for figure in self.figures] or [(self.command, self.last_line)]
        return [f"| {self.row.number} | {what} | {state} | {text} |" for what, text in shown]


def run(row: Row, command: str) -> Ran:
    """Run one command of a row, its output passed on as it comes."""
    arguments = [sys.executable if part == "python" else part for part in shlex.split(command)]
    began, figures, last_line = time.monotonic(), [], ""
    with subprocess.Popen(
        arguments, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            figure = told(line)
            if figure is not None:
                figures.append(figure)
            last_line = line.strip() or last_line
    return Ran(row, command, process.returncode, time.monotonic() - began, figures, last_line)


def main() -> int:
    """Run the rows that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, nargs="+", choices=[row.number for row in ROWS], metavar="ROW")
    parser.add_argument("--list", action="store_true", help="print the commands and run none")
    options = parser.parse_args()
    chosen = [row for row in ROWS if not options.only or row.number in options.only]
    if options.list:
        _print("\n".join(f"{row.number:>2}  {command}" for row in chosen for command in row.long))
        return 0
    ran = []
    for row in chosen:
        for command in row.long:
            _print(f"== row {row.number}: {row.shows}\n   {command}")
            ran.append(run(row, command))
    _print("\n| row | what | | figures |\n|---|---|---|---|")
    _print("\n".join(line for one in ran for line in one.lines()))
    failed = sorted({one.row.number for one in ran if one.status != 0})
    if failed:
        _print(f"Did not hold: rows {', '.join(map(str, failed))}.")
    return 1 if failed else 0


def _short(figure: dict[str, Any]) -> str:
    """A figure's values, without what its line says already."""
    left = {name: value for name, value in figure.items() if name not in ("row", "what", "holds")}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in left.items())


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
