"""What learns and the optimiser's moments of it as tensors by name, whole even where they are spread over GPUs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, distribute_tensor

from .errors import CheckpointMismatch
from .multihead import learning_parameters
from .sharding import whole

MODEL_PREFIX: Final = "model."
OPTIMISER_PREFIX: Final = "optimiser."


def tensors_of(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return copies on the CPU of the parameters that learn and of their moments. All processes must call it."""
    found = {}
    for name, parameter in learning_parameters(model).items():
        found[MODEL_PREFIX + name] = whole(parameter)
        for moment, value in optimiser.state.get(parameter, {}).items():
            found[f"{OPTIMISER_PREFIX}{moment}.{name}"] = whole(value)
    return found


def parameters_restore(model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Put a checkpoint's parameters into the model. Raises CheckpointMismatch unless they fit exactly."""
    learning = learning_parameters(model)
    given = {name.removeprefix(MODEL_PREFIX) for name in tensors if name.startswith(MODEL_PREFIX)}
    if given != set(learning):
        raise CheckpointMismatch("the checkpoint does not hold exactly the parameters that learn here")
    with torch.no_grad():
        for name, parameter in learning.items():
            value = tensors[MODEL_PREFIX + name]
            if value.shape != parameter.shape:
                raise CheckpointMismatch("a parameter of the checkpoint has another shape")
            parameter.copy_(_like(value, parameter))


def moments_restore(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put a checkpoint's moments into the optimiser of the model's parameters."""
    learning = learning_parameters(model)
    for key, value in tensors.items():
        if not key.startswith(OPTIMISER_PREFIX):
            continue
        moment, name = key.removeprefix(OPTIMISER_PREFIX).split(".", 1)
        parameter = learning.get(name)
        if parameter is None:
            raise CheckpointMismatch("the checkpoint holds moments of a parameter that does not learn here")
        # AdamW counts its steps in a scalar on the CPU; every other moment has the parameter's shape and place.
        same = value.shape == parameter.shape
        optimiser.state[parameter][moment] = _like(value, parameter) if same and value.dim() else value.clone()


def _like(value: Tensor, reference: Tensor) -> Tensor:
    moved = value.to(reference.device)
    if isinstance(reference, DTensor):
        return distribute_tensor(moved, reference.device_mesh, reference.placements)
    return moved.clone()
