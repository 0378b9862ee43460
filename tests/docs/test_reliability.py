"""docs/reliability.md has all twenty rows, and what it names as a test or a command is there."""

import importlib.util
import re

import pytest

from benchmarks.reliability.rows import ROWS, Row
from tests.paths import PROJECT_ROOT

PAGE = PROJECT_ROOT / "docs" / "reliability.md"
COLUMNS = 6


def cells(number: int) -> list[str]:
    """The row's cells: number, what must hold, figure, when and where, short form, long form."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {number} | ")]
    assert len(lines) == 1, f"row {number} stands there {len(lines)} times"
    return [cell.strip() for cell in lines[0].strip("|").split(" | ")]


def named(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_rows_are_those_that_were_promised() -> None:
    assert [row.number for row in ROWS] == list(range(1, 21))
    shown = re.findall(r"^\| (\d+) \| ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [int(number) for number in shown] == list(range(1, 21))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.number))
def test_a_row_names_tests_and_commands_that_are_there(row: Row) -> None:
    found = cells(row.number)
    assert len(found) == COLUMNS, found
    _, holds, figure, when, short, long = found
    assert holds and figure and when
    assert "not measured" in figure or re.search(r"20\d\d-\d\d-\d\d", when), "a figure says when it was measured"
    assert tuple(named(short)) == row.short
    assert [path for path in row.short if not (PROJECT_ROOT / path).exists()] == []
    assert tuple(named(long)) == row.long
    for command in row.long:
        assert leads_somewhere(command), command


def test_every_other_command_and_path_of_the_page_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    said = named(text)
    assert [path for path in said if path.startswith("tests/") and not (PROJECT_ROOT / path.split()[0]).exists()] == []
    commands = [command for command in said if command.startswith(("python -m ", "make "))]
    assert [command for command in commands if not leads_somewhere(command)] == []
    assert "make reliability" in commands


def leads_somewhere(command: str) -> bool:
    """Whether the target of `make …` or the module of `python -m …` is there; with pytest, whether every path is."""
    if command.startswith("make "):
        makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
        return re.search(rf"^{command.split()[1]}:", makefile, flags=re.MULTILINE) is not None
    module, *arguments = command.removeprefix("python -m ").split()
    if module == "pytest":
        return all((PROJECT_ROOT / path).exists() for path in arguments if path.startswith("tests/"))
    return importlib.util.find_spec(module) is not None
