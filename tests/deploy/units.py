"""The systemd units as they are written, read without systemd."""

import shlex
from collections import defaultdict
from pathlib import Path

from tests.deploy.rendered import DEPLOY, text_of

FOLDER = DEPLOY / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
PROGRAMS = "/opt/pixelhub/.venv/bin/"


def settings_of(unit: Path) -> dict[str, list[str]]:
    """Every key of a unit with its values, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in text_of(unit).splitlines():
        key, sign, value = line.partition("=")
        if sign and not line.startswith("#"):
            found[key].append(value)
    return found


def commands_of(name: str) -> list[list[str]]:
    """What a unit starts, as argument lists; the program without its folder."""
    lines = settings_of(FOLDER / name)["ExecStart"]
    return [[arguments[0].removeprefix(PROGRAMS), *arguments[1:]] for arguments in map(shlex.split, lines)]


def environment_of(path: Path) -> dict[str, str]:
    """An environment file's variables."""
    lines = [line for line in text_of(path).splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)  # type: ignore[misc]
