"""Fields of a configuration: where each one lies in it, which methods have it, and under which heading it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django import forms

from training_app.learn.config import HEAD_NAMES, OutputConfig, TrainingConfig, config_as_dict

CACHED: Final = "cached"
METHOD_LABELS: Final[dict[str, str]] = {
    CACHED: "Heads on cached embeddings: minutes on a CPU",
    "frozen": "Heads through the frozen backbone",
    "top_layers": "Top layers of the backbone",
    "full": "The whole backbone",
    "lora": "LoRA adapters",
    "qlora": "QLoRA: adapters on a 4-bit backbone",
}
PRESETS: Final[dict[str, str]] = {
    CACHED: "The defaults are a good first run: every conversation is read once, and small heads learn from that.",
    "frozen": "As on cached embeddings, but every epoch reads the conversations again, with dropout in the heads only.",
    "top_layers": "The plan's fine-tuning: rate 3e-5, 3 epochs, stop after 2 without a better validation loss.",
    "full": "The plan's fine-tuning: rate 3e-5, 3 epochs, stop after 2 without a better validation loss.",
    "lora": "The plan's 3 epochs with a rate of 2e-4: 3e-5 is low for adapters.",
    "qlora": "The plan's 3 epochs at 2e-4. The backbone is held in 4 bits: a quarter of the memory of bf16.",
}
# Where a field's value lies in the configuration.
PATHS: Final[dict[str, str]] = {
    "backbone": "model.backbone",
    **{name: f"optimisation.{name}" for name in ("epochs", "learning_rate", "batch_size", "accumulation", "patience")},
    **{
        name: f"optimisation.{name}"
        for name in ("heads_faster", "warmup_steps", "weight_decay", "max_grad_norm", "seed")
    },
    "gamma": "loss.gamma",
    "class_weights": "loss.alpha",
    "severity_weight": "loss.severity_weight",
    "max_length": "data.max_length",
    "last_messages": "data.last_messages",
    **{name: f"model.{name}" for name in ("features", "heads", "top_layers", "attention", "hidden_size", "dropout")},
    "adapter_rank": "model.adapter.rank",
    "adapter_alpha": "model.adapter.alpha",
    "adapter_dropout": "model.adapter.dropout",
    "min_sensitivity": "decision.min_sensitivity",
    "margin": "decision.margin",
    **{name: f"compute.{name}" for name in ("device", "precision", "threads", "workers", "gradient_checkpointing")},
    **{name: f"compute.{name}" for name in ("distributed", "processes")},
    "mlflow": "tracking.mlflow",
    "wandb": "tracking.wandb",
}
CUSTOM: Final = "custom"
_ADAPTERS: Final = frozenset({"lora", "qlora"})
_LEARNS: Final = frozenset({"top_layers", "full"}) | _ADAPTERS
_READS_AGAIN: Final = _LEARNS | {"frozen"}
# Fields that not every method has.
_METHODS_OF: Final[dict[str, frozenset[str]]] = {
    "top_layers": frozenset({"top_layers"}),
    "heads_faster": _LEARNS,
    **dict.fromkeys(("adapter_rank", "adapter_alpha", "adapter_dropout"), _ADAPTERS),
    **dict.fromkeys(("backbone", "heads", "attention", "accumulation", "precision", "workers"), _READS_AGAIN),
    **dict.fromkeys(("device", "gradient_checkpointing", "distributed", "processes"), _READS_AGAIN),
}
_SECTIONS: Final[tuple[tuple[str, bool, tuple[str, ...]], ...]] = (
    ("", True, ("release", "name", "backbone")),
    ("How much of the backbone learns", True, ("top_layers", "adapter_rank", "adapter_alpha", "adapter_dropout")),
    ("Training", True, ("epochs", "learning_rate", "batch_size", "gamma", "max_length", "min_sensitivity", "seed")),
    (
        "More about the training",
        False,
        (
            *("margin", "patience", "accumulation", "heads_faster", "warmup_steps", "weight_decay", "max_grad_norm"),
            "class_weights",
            *("severity_weight", "last_messages", "features", "heads", "hidden_size", "dropout", "attention"),
        ),
    ),
    (
        "Machine",
        False,
        ("device", "precision", "threads", "workers", "gradient_checkpointing", "distributed", "processes"),
    ),
    ("Tracking besides the hub", False, ("mlflow", "wandb")),
)


@dataclass(frozen=True)
class Section:
    """A group of fields; a closed one opens by itself when it holds an error."""

    title: str
    is_open: bool
    fields: list[forms.BoundField]


def _number(label: str, help_text: str = "", *, whole: bool = False, required: bool = False) -> forms.Field:
    kind = forms.IntegerField if whole else forms.FloatField
    field: forms.Field = kind(label=label, help_text=help_text, required=required)
    return field


def _choice(label: str, choices: Mapping[str, str], help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(choices.items()), help_text=help_text, required=False)


class ConfigFields(forms.Form):
    """The fields of a configuration that people set; ranges are the configuration's own business."""

    backbone = forms.ChoiceField(
        required=False, help_text="The embedded encoder, or a model folder that the operator allows."
    )
    top_layers = _number("Layers that learn", "Counted from the top.", whole=True)
    adapter_rank = _number("Adapter rank", "16 is a good start; more rank, more memory.", whole=True)
    adapter_alpha = _number("Adapter alpha", "Usually twice the rank.", whole=True)
    adapter_dropout = _number("Adapter dropout")
    epochs = _number(
        "Epochs",
        "At most. Training stops early when the validation loss no longer falls; the best epoch is kept.",
        whole=True,
        required=True,
    )
    learning_rate = _number(
        "Learning rate", "Warm-up takes a tenth of the steps at most, then a cosine down to 0.", required=True
    )
    batch_size = _number("Batch size", "Conversations per step and device.", whole=True, required=True)
    gamma = _number(
        "Focal gamma",
        "0 is plain cross-entropy; 2 looks harder at what is still wrong; calibration follows.",
        required=True,
    )
    max_length = _number(
        "Tokens read",
        "The last so many tokens of a conversation, up to 512. More is slower in training and in serving.",
        whole=True,
        required=True,
    )
    min_sensitivity = _number(
        "Sensitivity to keep",
        "The threshold has the best specificity that still finds this share of validation crises.",
        required=True,
    )
    seed = _number("Seed", "The same seed, data and code give the same bytes.", whole=True, required=True)
    margin = _choice(
        "The sensitivity is kept by",
        {"bound": "its lower 95% bound, for each source too", "none": "the point estimate alone"},
    )
    patience = _number("Patience", "Epochs without a better validation loss before training stops.", whole=True)
    accumulation = _number("Accumulation", "Batches per step of the optimiser: less memory, same step.", whole=True)
    warmup_steps = _number("Warm-up steps", "Cut to a tenth of all steps.", whole=True)
    heads_faster = _number("Heads faster by", "How many times the backbone's rate the heads learn with.")
    weight_decay = _number("Weight decay")
    max_grad_norm = _number("Gradient clipping", "Largest norm of the gradient.")
    class_weights = _choice(
        "Class weights", {"balanced": "by inverse frequency", "none": "all alike", CUSTOM: "as in the configuration"}
    )
    severity_weight = _number("Weight of the severity loss")
    last_messages = _number("Messages read", "The last so many messages of a conversation.", whole=True)
    features = _choice("The heads read", {"layers": "all layers and the words", "last": "the last layer"})
    heads = forms.MultipleChoiceField(
        required=False,
        choices=[(name, name.replace("_", " ")) for name in HEAD_NAMES],
        widget=forms.CheckboxSelectMultiple,
        help_text="A head learns from the rows that have its label. Crisis type and severity are always there.",
    )
    hidden_size = _number("Width of the shared layer", whole=True)
    dropout = _number("Dropout of the heads")
    attention = _choice("Attention", {"sdpa": "SDPA", "eager": "eager", "flash_attention_2": "Flash Attention 2"})
    device = _choice("Device", {"auto": "GPU where there is one", "cpu": "CPU", "cuda": "GPU"})
    precision = _choice("Precision", {"auto": "what suits the device", "fp32": "fp32", "bf16": "bf16", "fp16": "fp16"})
    threads = _number("Threads", whole=True)
    workers = _number("Loading processes", whole=True)
    gradient_checkpointing = forms.BooleanField(
        required=False, help_text="Computes activations again instead of keeping them: less memory, a third slower."
    )
    distributed = _choice("Several GPUs", {"none": "no", "ddp": "DDP: a copy on each", "fsdp": "FSDP: shared out"})
    processes = _number("Processes", "One per GPU.", whole=True)
    mlflow = forms.BooleanField(required=False, label="MLflow")
    wandb = _choice("Weights & Biases", {"off": "off", "offline": "offline", "online": "online"})


def keep_only(form: forms.Form, method: str) -> None:
    """Take out the fields that a method does not have."""
    for name, methods in _METHODS_OF.items():
        if method not in methods:
            del form.fields[name]


def sections_of(form: forms.Form) -> list[Section]:
    """The form's fields under their headings; a heading without fields is left out."""
    found = []
    for title, is_open, names in _SECTIONS:
        here = [form[name] for name in names if name in form.fields]
        if here:
            found.append(Section(title, is_open or any(field.errors for field in here), here))
    return found


def initial_of(config: TrainingConfig) -> dict[str, Any]:
    """The fields' values of a configuration."""
    parts = config_as_dict(config)
    values = {name: _at(parts, path) for name, path in PATHS.items()}
    if isinstance(values["class_weights"], list):
        values["class_weights"] = CUSTOM
    return values


def laid_over(parts: dict[str, Any], cleaned: Mapping[str, Any], method: str) -> dict[str, Any]:
    """The configuration's parts with the fields' values in them; an empty field leaves the part as it is."""
    parts["model"]["method"] = method
    for name, path in PATHS.items():
        value = cleaned.get(name)
        if value in (None, "", []) or (name == "class_weights" and value == CUSTOM):
            continue
        if name == "heads":
            value = [head for head in HEAD_NAMES if head in {*value, "crisis_type", "severity"}]
        *places, last = path.split(".")
        here = parts
        for place in places:
            here = here[place]
        here[last] = value
    return parts


def config_text(config: TrainingConfig) -> str:
    """The configuration as readable JSON, without the folders of a machine."""
    return msgspec.json.format(msgspec.json.encode(without_folders(config)), indent=2).decode()


def without_folders(config: TrainingConfig) -> TrainingConfig:
    """The configuration without what the hub chooses for each machine."""
    compute = msgspec.structs.replace(config.compute, cache_dir="")
    tracking = msgspec.structs.replace(config.tracking, local_dir="")
    return msgspec.structs.replace(config, compute=compute, tracking=tracking, output=OutputConfig())


def _at(parts: Mapping[str, Any], path: str) -> Any:
    here: Any = parts
    for place in path.split("."):
        here = here[place]
    return here
