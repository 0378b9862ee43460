"""What a study searches: dotted names of the configuration and what each may be. Knows neither torch nor Optuna."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec

from .config import NOT_DECIDING, TrainingConfig, config_as_dict, config_from
from .errors import ConfigInvalid

Scalar = bool | int | float | str
Method = Literal["grid", "tpe"]
MOST_POINTS: Final = 500
# decision moves the threshold only, and a trial's value does not look at the threshold.
_NOT_SEARCHED: Final = NOT_DECIDING | {"decision"}


class Range(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers from low to high, both included; whole numbers when both ends are."""

    low: int | float
    high: int | float
    log: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError("a range needs two finite numbers, the lower one first")
        if self.log and self.low <= 0:
            raise ValueError("a range on a logarithmic scale starts above 0")

    @property
    def is_whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)


Space = dict[str, tuple[Scalar, ...] | Range]
_Given = dict[str, Annotated[list[Scalar], msgspec.Meta(min_length=1, max_length=50)] | Range]


def space_from(source: Mapping[str, Any] | bytes | str, *, method: Method, base: TrainingConfig) -> Space:
    """Return the space of a JSON text or a parsed mapping: `{"optimisation.epochs": [3, 4], "loss.gamma": {"low": 0.0,
    "high": 3.0}}`.

    Raises ConfigInvalid for a name that the configuration does not have, a value that it refuses, a range in a grid,
    and a grid of more than MOST_POINTS points.
    """
    try:
        raw = msgspec.json.decode(source) if isinstance(source, bytes | str) else dict(source)
        given = msgspec.convert(raw, _Given)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, TypeError) as problem:
        raise ConfigInvalid(f"the search space is not valid: {problem}") from problem
    if not given:
        raise ConfigInvalid("the search space is empty")
    space: Space = {}
    for name, values in given.items():
        if name.split(".")[0] in _NOT_SEARCHED:
            raise ConfigInvalid(f"{name} does not change what is learned, so it is not searched")
        if isinstance(values, Range):
            if method == "grid":
                raise ConfigInvalid(f"{name}: a grid takes lists of values, not a range")
            ends: tuple[Scalar, ...] = (values.low, values.high)
            space[name] = values
        else:
            ends = space[name] = tuple(values)
            if len({(type(value), value) for value in ends}) != len(ends):
                raise ConfigInvalid(f"{name} names a value twice")
        for value in ends:
            config_with(base, {name: value})
    if method == "grid" and grid_size(space) > MOST_POINTS:
        raise ConfigInvalid(f"this grid has {grid_size(space)} points; {MOST_POINTS} are the most")
    return space


def config_with(base: TrainingConfig, params: Mapping[str, Scalar]) -> TrainingConfig:
    """Return the base with some values replaced. Raises ConfigInvalid for an unknown name or a refused value."""
    parts = config_as_dict(base)
    for name, value in params.items():
        *path, last = name.split(".")
        here: Any = parts
        for step in path:
            here = here.get(step) if isinstance(here, dict) else None
        if not path or not isinstance(here, dict) or last not in here:
            raise ConfigInvalid(f"the configuration has no {name}")
        here[last] = value
    return config_from(parts)


def grid_points(space: Space) -> list[dict[str, Scalar]]:
    """Return the points of a grid in a fixed order, so that a point keeps its number over restarts."""
    names = list(space)
    lists = [values for values in space.values() if not isinstance(values, Range)]
    return [dict(zip(names, point, strict=True)) for point in itertools.product(*lists)]


def grid_size(space: Space) -> int:
    return math.prod(1 if isinstance(values, Range) else len(values) for values in space.values())


def space_as_dict(space: Space) -> dict[str, Any]:
    """Return plain JSON types."""
    result: dict[str, Any] = msgspec.to_builtins(space)
    return result


def default_space(training_method: str, method: Method) -> dict[str, Any]:
    """Return the space that suits a training method: the plan's grid, with higher rates where fewer weights learn."""
    if method == "grid":
        rates, epochs = _GRIDS.get(training_method, _FINE_TUNING_GRID)
        return {
            "optimisation.learning_rate": rates,
            "optimisation.batch_size": [16, 32],
            "optimisation.epochs": epochs,
        }
    low, high, most_epochs = _RANGES.get(training_method, _FINE_TUNING_RANGE)
    space: dict[str, Any] = {
        "optimisation.learning_rate": {"low": low, "high": high, "log": True},
        "optimisation.batch_size": [16, 32],
        "loss.gamma": {"low": 0.0, "high": 3.0},
    }
    if training_method in ("cached", "frozen"):
        space |= {"model.hidden_size": [128, 256, 512], "model.dropout": {"low": 0.1, "high": 0.5}}
    else:
        space["optimisation.epochs"] = {"low": 2, "high": most_epochs}
    return space


_FINE_TUNING_GRID: Final = ([1e-5, 3e-5, 5e-5], [3, 4, 5])
_GRIDS: Final[Mapping[str, tuple[list[float], list[int]]]] = {
    # heads alone learn: an epoch on cached embeddings is a fraction of a second, and 3e-5 would not move them
    "cached": ([3e-4, 1e-3, 3e-3], [20, 40, 60]),
    "frozen": ([3e-4, 1e-3, 3e-3], [3, 4, 5]),
    "lora": ([1e-4, 2e-4, 5e-4], [3, 4, 5]),
    "qlora": ([1e-4, 2e-4, 5e-4], [3, 4, 5]),
}
_FINE_TUNING_RANGE: Final = (5e-6, 1e-4, 5)
_RANGES: Final[Mapping[str, tuple[float, float, int]]] = {
    "cached": (1e-4, 1e-2, 60),
    "frozen": (1e-4, 1e-2, 5),
    "lora": (5e-5, 1e-3, 5),
    "qlora": (5e-5, 1e-3, 5),
}
