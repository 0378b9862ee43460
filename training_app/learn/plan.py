"""The plan of a training before it runs: `estimate` needs a configuration, `dry-run` its release and weights too."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from datasets_app.corpus.manifest import MANIFEST

from .backbone import Backbone
from .backbone_files import CONFIG, json_check
from .compute import Machine, machine_detect
from .config import EMBEDDED_BACKBONE, TrainingConfig
from .encoder import encoder_folder
from .errors import ConfigInvalid, EncoderRefused
from .estimate import Estimate, Workload, estimate
from .pooling import Pooling
from .throughput import machine_with, throughput


def plan(
    config: TrainingConfig,
    *,
    train_rows: int | None = None,
    val_rows: int | None = None,
    gpu: str = "",
    gpus: int = 1,
    work: Workload | None = None,
) -> Estimate:
    """Return the estimate of a configuration, for this machine or for `gpus` of a known kind.

    Needs the backbone's config.json and no weights. How much is read comes from `work`, from the numbers, or from the
    release's manifest. Raises ConfigInvalid, EncoderRefused.
    """
    here = machine_detect()
    machine: Machine = machine_with(gpu, gpus, here) if gpu else here
    document = backbone_document(config)
    return estimate(
        config,
        document,
        pooling=pooling_of(document),
        machine=machine,
        work=work or _work(config, train_rows, val_rows),
        speed=lambda resolved: throughput(resolved, kind=gpu, threads=config.compute.threads),
    )


def backbone_document(config: TrainingConfig) -> dict[str, Any]:
    """Return the content of the backbone's config.json. Raises EncoderRefused."""
    name = config.model.backbone
    folder = encoder_folder() if name == EMBEDDED_BACKBONE else Path(name).expanduser()
    if not (folder / CONFIG).is_file():
        raise EncoderRefused(f"model.backbone: there is no {CONFIG} in {folder.name}")
    document = json_check(folder / CONFIG)
    if not isinstance(document, dict):
        raise EncoderRefused(f"{CONFIG} is no object")
    return document


def pooling_of(document: Mapping[str, Any]) -> Pooling:
    """Return how a backbone of this configuration is read. Raises EncoderRefused for an unknown architecture."""
    if document.get("model_type") not in CONFIG_MAPPING:
        raise EncoderRefused(
            f"config.json names the model_type {str(document.get('model_type'))[:60]!r}, "
            "which transformers does not know"
        )
    return Backbone("", Path(), dict(document), "").pooling


def _work(config: TrainingConfig, train_rows: int | None, val_rows: int | None) -> Workload:
    known = "the most that is read of one"
    if train_rows is not None:
        return Workload(train_rows, val_rows or 0, config.data.max_length, known)
    if not config.output.release_dir:
        raise ConfigInvalid("how many conversations? Set output.release_dir, or give --rows")
    try:
        # Counts alone, so that the estimate of a large release takes no time; train and dry-run verify every byte.
        manifest = orjson.loads((Path(config.output.release_dir) / MANIFEST).read_bytes())
        counts = {split: int(manifest["counts"]["splits"][split]["total"]) for split in ("train", "val")}
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as problem:
        raise ConfigInvalid(f"output.release_dir holds no release: {MANIFEST} cannot be read") from problem
    return Workload(counts["train"], counts["val"], config.data.max_length, known)
