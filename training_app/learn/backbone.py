"""The backbone below the heads: where it lies, how it is loaded, how a conversation becomes one vector."""

from __future__ import annotations

import importlib.util
import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModel, BitsAndBytesConfig, PreTrainedModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING, MODEL_MAPPING
from transformers.utils import is_flash_attn_2_available
from transformers.utils import logging as transformers_logging

from .backbone_files import CONFIG, TOKENIZER, BackboneFiles, backbone_check, json_check
from .config import EMBEDDED_BACKBONE
from .encoder import ENCODER_SHA256, encoder_folder
from .errors import ConfigInvalid, EncoderRefused
from .failures import failure_of
from .pooling import Pooling

QUANTISATION_MARKS: Final = ("is_quantized", "is_loaded_in_4bit", "quantization_method", "hf_quantizer")
QUIET: Final = ("bitsandbytes", "accelerate", "peft")


@dataclass(frozen=True)
class Backbone:
    """A backbone whose files were checked: the embedded encoder or a local folder."""

    name: str
    folder: Path
    config: dict[str, Any]
    sha256: str

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    @property
    def pooling(self) -> Pooling:
        """Mean over the tokens of an encoder; the last real token of a decoder, the only one that has seen them all."""
        reads_both_ways = CONFIG_MAPPING[self.config["model_type"]] in MODEL_FOR_MASKED_LM_MAPPING
        return "mean" if reads_both_ways and not self.config.get("is_decoder") else "last"

    @property
    def weight_bytes(self) -> int:
        """What the weights take on disk, which is close to what they take in memory in their own precision."""
        return sum(path.stat().st_size for path in self.folder.glob("*.safetensors"))


def backbone_open(name: str) -> Backbone:
    """Return the embedded encoder, by its name, or the model of a local folder. Raises EncoderRefused."""
    if name == EMBEDDED_BACKBONE:
        folder = encoder_folder()
        return Backbone(name, folder, json_check(folder / CONFIG), ENCODER_SHA256["model.safetensors"])
    folder = Path(name).expanduser()
    if not folder.exists() and not folder.is_symlink():
        raise EncoderRefused(
            f"{name} is no folder on this machine, and models are not fetched during a training. Fetch it first: "
            f"hf download {name} --local-dir models/{folder.name} --include '*.safetensors' '*.json', "
            "and give that folder as model.backbone"
        )
    files = backbone_check(folder)
    _refuse_unknown(files)
    try:
        Tokenizer.from_file(str(files.tokenizer))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # nothing more precise is raised, and a panic of its Rust part is no Exception
        raise EncoderRefused(f"{TOKENIZER} is no tokenizer that can be read") from problem
    return Backbone(files.name, folder, files.config, files.sha256)


def backbone_load(
    backbone: Backbone,
    *,
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
    quantised: bool = False,
    device: str = "cpu",
) -> PreTrainedModel:
    """Return the backbone on the device, in evaluation mode. `quantised` holds its linear layers in NF4 (QLoRA).

    `dtype` is that of the weights, and of the computation where they are quantised. Raises EncoderRefused for weights
    that do not fit their configuration, ConfigInvalid for what this machine lacks.
    """
    options: dict[str, Any] = {"dtype": dtype, "attn_implementation": attention}
    if attention == "flash_attention_2" and not is_flash_attn_2_available():
        # transformers would look for a kernel on the hub instead, and run it.
        raise ConfigInvalid("model.attention flash_attention_2 needs the package flash-attn; sdpa does without it")
    if quantised:
        if importlib.util.find_spec("bitsandbytes") is None:
            raise ConfigInvalid("model.method qlora needs the package bitsandbytes")
        options["quantization_config"] = _nf4(dtype)
    if quantised or device != "cpu":
        # Straight to the device: 48 GB of weights need not lie in this machine's memory first.
        options["device_map"] = {"": device}
    if "add_pooling_layer" in inspect.signature(_model_class(backbone.config).__init__).parameters:
        # Mean pooling does not use the pooler, and a part that never gets a gradient stops distributed training.
        options["add_pooling_layer"] = False
    with _quiet():
        try:
            model, report = AutoModel.from_pretrained(
                backbone.folder,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
                **options,
            )
        except (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError) as problem:
            if failure_of(problem).kind != "unexpected":
                raise
            raise EncoderRefused(f"the model {backbone.name} cannot be loaded: {_first_line(problem)}") from problem
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing or report.get("mismatched_keys"):
        raise EncoderRefused(f"the weights of {backbone.name} do not fit its configuration: {len(missing)} are missing")
    if quantised:
        _keep_packing(model)
    else:
        model.to(device)
    result: PreTrainedModel = _text_part(model).eval()
    result.config.use_cache = False
    return result


def layers_of(backbone: nn.Module) -> nn.ModuleList:
    """Return the stack of layers: the list of modules that holds most of the parameters. Raises EncoderRefused."""
    stacks = [module for module in backbone.modules() if isinstance(module, nn.ModuleList) and len(module)]
    if not stacks:
        raise EncoderRefused("the backbone has no stack of layers, so no top layers to train")
    return max(stacks, key=lambda stack: sum(parameter.numel() for parameter in stack.parameters()))


def linear_names(backbone: nn.Module) -> list[str]:
    """Return the names of all linear layers, quantised ones too: what adapters can be put on."""
    return [name for name, module in backbone.named_modules() if isinstance(module, nn.Linear)]


def _refuse_unknown(files: BackboneFiles) -> None:
    kind = files.config["model_type"]
    if kind not in CONFIG_MAPPING or CONFIG_MAPPING[kind] not in MODEL_MAPPING:
        raise EncoderRefused(f"{CONFIG} names the model_type {kind[:60]!r}, which transformers does not know")
    if files.config.get("is_encoder_decoder"):
        raise EncoderRefused("models of an encoder and a decoder are not read; give an encoder or a decoder")


def _model_class(config: dict[str, Any]) -> type[PreTrainedModel]:
    found: Any = MODEL_MAPPING[CONFIG_MAPPING[config["model_type"]]]
    result: type[PreTrainedModel] = found[0] if isinstance(found, tuple | list) else found
    return result


def _text_part(model: Any) -> Any:
    """Return the part of a model of text and images that reads text; other models as they are."""
    text = getattr(model, "language_model", None)
    if text is None:
        return model
    for name in QUANTISATION_MARKS:
        if hasattr(model, name):
            setattr(text, name, getattr(model, name))
    return text


def _nf4(dtype: torch.dtype) -> BitsAndBytesConfig:
    # FSDP shards what is a float, so the packed weights are stored as the type that is computed in.
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        bnb_4bit_quant_storage=dtype,
    )


def _keep_packing(model: nn.Module) -> None:
    """Keep bitsandbytes from packing its weights anew when a model is first read without training.

    On a CPU it would round their scales by that, for good: what is trained after a validation would differ from what
    was trained before it, and it fails on layers narrower than a block.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            setattr(module, "support_avx512bf16_for_cpu", False)  # noqa: B010 - not an attribute that torch declares


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep load reports and progress bars out of the run's log."""
    verbosity = transformers_logging.get_verbosity()
    levels = {name: logging.getLogger(name).level for name in QUIET}
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        yield
    finally:
        transformers_logging.set_verbosity(verbosity)
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _first_line(problem: BaseException) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]
