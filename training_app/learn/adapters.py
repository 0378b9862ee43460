"""Low-rank adapters around the Pixel model (LoRA; QLoRA on a quantised backbone)."""

from __future__ import annotations

import warnings

from peft import LoraConfig, PeftModel, get_peft_model, prepare_model_for_kbit_training
from torch import nn

from .backbone import linear_names
from .config import AdapterConfig
from .errors import ConfigInvalid
from .multihead import HEADS_MODULE, PixelForCrisis


def adapted(model: PixelForCrisis, adapter: AdapterConfig) -> PeftModel:
    """Return the model with adapters outermost; the adapters and the heads learn, nothing else does.

    A model around an adapted backbone would be saved whole; this one's checkpoints hold what learns. Raises
    ConfigInvalid for targets that the backbone does not have.
    """
    if getattr(model.backbone, "is_quantized", False):
        model.backbone = prepare_model_for_kbit_training(model.backbone, use_gradient_checkpointing=False)
    with warnings.catch_warnings():
        # peft asks transformers by a name that is going out of use.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, _peft_config(adapter, linear_names(model.backbone)))


def merged(model: PeftModel) -> nn.Module:
    """Return the model with its adapters added into the backbone's weights and taken off."""
    plain: nn.Module = model.merge_and_unload()
    return plain


def _peft_config(adapter: AdapterConfig, names: list[str]) -> LoraConfig:
    if adapter.targets != "all-linear":
        wanted = set(adapter.targets)
        chosen = [name for name in names if name in wanted or name.rsplit(".", 1)[-1] in wanted]
        if not chosen:
            known = sorted({name.rsplit(".", 1)[-1] for name in names})
            raise ConfigInvalid(f"model.adapter.targets: the backbone has no such layers; it has {', '.join(known)}")
        names = chosen
    return LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        # By full name: the heads have linear layers too, and those learn whole.
        target_modules=[f"backbone.{name}" for name in names],
        modules_to_save=[HEADS_MODULE],
        bias="none",
    )
