"""What a stranger could put where weights are expected."""

from collections.abc import Callable
from pathlib import Path
from typing import Any


class Bomb:
    """A pickle that writes a file when it is read."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.target,)
