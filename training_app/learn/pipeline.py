"""From a verified release and a configuration to a bundle: encode, train, calibrate, export, check."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import torch

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_hex

from .bundle import HEAD, FrozenBundle, bundle_write
from .cache import cache_key, cached_embeddings
from .calibration import NONE_INDEX, choose_threshold, crisis_scores, expected_calibration_error, fit_temperature
from .config import TrainingConfig, config_sha256, config_write
from .data import OpenRelease, Sample, release_open
from .encoder import ENCODER_NAME, ENCODER_SHA256, embed, encoder_load, tokenizer_load, use_threads
from .errors import ConfigInvalid, ReleaseRefused, Stopped
from .events import Emit
from .export import check_parity, export_model, export_tokenizer, measure_latency
from .files import bytes_write
from .heads import PixelModel
from .loop import Fitted, Split, fit, logits
from .losses import IGNORE_SEVERITY
from .provenance import code_version, environment
from .tensors import tensors_write

BUNDLE_DIR: Final = "bundle"
CHECKPOINT_DIR: Final = "checkpoints"
RECORD_FILE: Final = "training-record.json"
CONFIG_FILE: Final = "config.json"

Stopping = Callable[[], bool]


def train(config: TrainingConfig, *, emit: Emit, stopping: Stopping = lambda: False) -> FrozenBundle:
    """Train as configured and return the checked bundle, at `<out_dir>/bundle`.

    Beside it lie config.json, training-record.json (curves, calibration, parity, latency, machine) and the
    checkpoints; a second call with the same folder goes on where the first was stopped or killed.
    Raises LearnError with a readable reason.
    """
    if not config.output.release_dir or not config.output.out_dir:
        raise ConfigInvalid("output.release_dir and output.out_dir must be set")
    started = time.monotonic()
    use_threads(config.compute.threads)
    out = Path(config.output.out_dir)
    out.mkdir(parents=True, exist_ok=True)
    release = release_open(Path(config.output.release_dir))
    samples = {split: release.samples(split, last_messages=config.data.last_messages) for split in ("train", "val")}
    _check_trainable(samples)
    config_write(config, out / CONFIG_FILE)
    emit(
        {"event": "started", "release": release.version, "config_sha256": config_sha256(config)}
        | {split: len(rows) for split, rows in samples.items()}
    )
    splits = _encode(config, release, samples, out, emit, stopping)
    run_key = sha256_hex(canonical_json([config_sha256(config), release.manifest_sha256, code_version()]))
    fitted = fit(
        config,
        splits["train"],
        splits["val"],
        folder=out / CHECKPOINT_DIR,
        run_key=run_key,
        emit=emit,
        stopping=stopping,
    )
    operating_point = _calibrate(config, fitted, splits["val"])
    emit({"event": "calibrated"} | operating_point)
    bundle, checks = _export(config, release, fitted, operating_point, [sample.text for sample in samples["val"]], out)
    emit({"event": "exported"} | checks)
    record = {
        "best_epoch": fitted.best_epoch,
        "stopped_early": fitted.stopped_early,
        "history": fitted.history,
        "calibration": operating_point,
        "rows": {split: len(rows) for split, rows in samples.items()},
        "classes": _class_counts(samples["train"]),
        "code_version": code_version(),
        "environment": environment(),
        "seconds": round(time.monotonic() - started, 1),
    } | checks
    bytes_write(orjson.dumps(record, option=orjson.OPT_INDENT_2), out / RECORD_FILE)
    emit({"event": "done", "bundle_sha256": bundle.sha256, "best_epoch": fitted.best_epoch})
    return bundle


def _check_trainable(samples: dict[str, list[Sample]]) -> None:
    for split, rows in samples.items():
        kinds = {sample.crisis_type == NONE_INDEX for sample in rows}
        if kinds != {True, False}:
            raise ReleaseRefused(
                f"the {split} split needs conversations with a crisis and conversations without one; "
                f"it holds {len(rows)}, all of one kind"
                if rows
                else f"the {split} split is empty"
            )


def _encode(
    config: TrainingConfig,
    release: OpenRelease,
    samples: dict[str, list[Sample]],
    out: Path,
    emit: Emit,
    stopping: Stopping,
) -> dict[str, Split]:
    key = cache_key(
        manifest_sha256=release.manifest_sha256,
        encoder_sha256=ENCODER_SHA256["model.safetensors"],
        max_length=config.data.max_length,
        last_messages=config.data.last_messages,
    )
    cache = Path(config.compute.cache_dir or out / "embeddings") / key
    encoder, tokenizer = encoder_load(), tokenizer_load(config.data.max_length)
    total = sum(len(rows) for rows in samples.values())
    splits, before = {}, 0
    for split, rows in samples.items():

        def on_progress(done: int, before: int = before) -> None:
            emit({"event": "encoded", "done": before + done, "total": total})
            if stopping():
                raise Stopped("stopped while reading the conversations; a new start goes on from there")

        embeddings = cached_embeddings(
            cache / split,
            [sample.text for sample in rows],
            lambda texts: embed(encoder, tokenizer, texts, batch_size=config.compute.encode_batch_size),
            on_progress=on_progress,
        )
        splits[split] = Split(
            embeddings=embeddings,
            crisis_types=torch.tensor([sample.crisis_type for sample in rows]),
            severities=torch.tensor(
                [IGNORE_SEVERITY if sample.severity is None else sample.severity - 1 for sample in rows]
            ),
        )
        before += len(rows)
    return splits


def _calibrate(config: TrainingConfig, fitted: Fitted, val: Split) -> dict[str, float]:
    type_logits = logits(fitted.heads, val)[0].double().numpy()
    targets = val.crisis_types.numpy()
    crisis = targets != NONE_INDEX
    temperature = fit_temperature(type_logits, targets)
    scores = crisis_scores(type_logits, temperature)
    threshold = choose_threshold(scores, crisis, min_sensitivity=config.decision.min_sensitivity)
    flagged = scores >= threshold
    return {
        "temperature": temperature,
        "threshold": threshold,
        "val_sensitivity": float(flagged[crisis].mean()),
        "val_specificity": float((~flagged)[~crisis].mean()),
        "val_ece_before": expected_calibration_error(crisis_scores(type_logits, 1.0), crisis),
        "val_ece": expected_calibration_error(scores, crisis),
        "val_crises": int(np.count_nonzero(crisis)),
        "val_rows": len(targets),
    }


def _export(
    config: TrainingConfig,
    release: OpenRelease,
    fitted: Fitted,
    operating_point: dict[str, float],
    texts: list[str],
    out: Path,
) -> tuple[FrozenBundle, dict[str, Any]]:
    folder = out / BUNDLE_DIR
    folder.mkdir(exist_ok=True)
    max_length = config.data.max_length
    model = PixelModel(encoder_load(), fitted.heads).eval()
    export_model(model, folder)
    export_tokenizer(folder, max_length=max_length)
    tensors_write(fitted.heads.state_dict(), folder / HEAD)
    checks = {
        "parity": check_parity(model, folder, texts, max_length=max_length),
        "latency": measure_latency(folder, texts, max_length=max_length),
    }
    bundle = bundle_write(
        folder,
        max_length=max_length,
        last_messages=config.data.last_messages,
        temperature=operating_point["temperature"],
        threshold=operating_point["threshold"],
        encoder={"name": ENCODER_NAME, "sha256": ENCODER_SHA256["model.safetensors"]},
        lineage={
            "release": release.version,
            "release_manifest_sha256": release.manifest_sha256,
            "config_sha256": config_sha256(config),
            "code_version": code_version(),
            "seed": config.optimisation.seed,
        },
    )
    return bundle, checks


def _class_counts(samples: list[Sample]) -> dict[str, int]:
    return {name: sum(sample.crisis_type == index for sample in samples) for index, name in enumerate(CRISIS_TYPES)}
