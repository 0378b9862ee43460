"""What to start from for each method; every value may be changed."""

from __future__ import annotations

from typing import Final

import msgspec

from .config import ADAPTERS, FINE_TUNING, ModelConfig, OptimisationConfig, TrainingConfig

# An epoch of the frozen method reads every conversation again, so it cannot afford the sixty of the cached one.
_FROZEN: Final = OptimisationConfig(epochs=5, patience=2)
_BY_METHOD: Final[dict[str, OptimisationConfig]] = {
    "cached": OptimisationConfig(),
    "frozen": _FROZEN,
    "top_layers": FINE_TUNING,
    "full": FINE_TUNING,
    "lora": ADAPTERS,
    "qlora": ADAPTERS,
    "distil": FINE_TUNING,
}
METHODS: Final = tuple(_BY_METHOD)


def preset(method: str) -> TrainingConfig:
    """Return the configuration to start from. Raises KeyError for another method."""
    optimisation = _BY_METHOD[method]
    model = msgspec.convert({"method": method}, ModelConfig)
    return TrainingConfig(model=model, optimisation=optimisation)
