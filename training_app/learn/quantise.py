"""Dynamic INT8 of an exported graph, as a bundle of its own: its own threshold, a parity report, its latency."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import orjson
from onnxruntime.quantization import QuantType, quantize_dynamic
from scipy.special import softmax

from .bundle import HEAD, MODEL, TOKENIZER, FrozenBundle, bundle_open, bundle_write
from .calibration import NONE_INDEX, Floats, crisis_scores
from .config import TrainingConfig, config_sha256
from .data import OpenRelease
from .errors import BundleRefused, ParityFailed
from .events import Emit
from .export import measure_latency
from .files import bytes_write
from .metrics.ranking import auc
from .predict import BundlePredictor
from .provenance import code_version, environment
from .training import BUNDLE_DIR, operating_point

PRECISION: Final = "int8"
# Against the graph that it is made of, on validation. Scores move with eight bits; what is decided may not.
MIN_SAME_TYPES: Final = 0.97
MAX_MEAN_DIFFERENCE: Final = 0.05
MAX_AUC_LOSS: Final = 0.01


def quantise(
    source: FrozenBundle, release: OpenRelease, config: TrainingConfig, out: Path, *, emit: Emit
) -> FrozenBundle:
    """Write `<out>/bundle` in INT8 and `<out>/training-record.json`. `config` is that of the source's run.

    Raises BundleRefused for a source without a graph or of another release, ParityFailed beyond the tolerances.
    """
    started = time.monotonic()
    _refuse(source, release)
    folder = out / BUNDLE_DIR
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _quantised_graph(source.folder / MODEL, folder / MODEL)
    for name in (HEAD, TOKENIZER):
        shutil.copyfile(source.folder / name, folder / name)
    max_length = int(source.document["max_length"])
    samples = release.samples("val", last_messages=int(source.document["last_messages"]))
    texts = [sample.text for sample in samples]
    emit({"event": "started", "release": release.version, "train": 0, "val": len(texts)})
    before = BundlePredictor(source.folder, max_length=max_length).logits(texts)
    after = BundlePredictor(folder, max_length=max_length).logits(texts)
    crisis_types = np.array([sample.crisis_type for sample in samples], dtype=np.int64)
    sources = np.array([sample.source for sample in samples])
    sure = np.array([sample.is_sure for sample in samples], dtype=bool)
    point = operating_point(after[0], crisis_types, config.decision, sources=sources, sure=sure)
    emit({"event": "calibrated"} | point)
    parity = _parity(before, after, crisis_types, source, point)
    latency = {
        "source": measure_latency(source.folder, texts, max_length=max_length),
        PRECISION: measure_latency(folder, texts, max_length=max_length),
    }
    emit({"event": "exported", "parity": parity, "latency": latency[PRECISION]})
    bundle = bundle_write(
        folder,
        max_length=max_length,
        last_messages=int(source.document["last_messages"]),
        temperature=point["temperature"],
        threshold=point["threshold"],
        encoder=source.document["encoder"],
        lineage=source.lineage
        | {
            "config_sha256": config_sha256(config),
            "code_version": code_version(),
            "derived_from": source.sha256,
        },
        more={"precision": PRECISION},
    )
    record: dict[str, Any] = {
        "best_epoch": 0,
        "history": [],
        "calibration": point,
        "parity": parity,
        "latency": latency[PRECISION],
        "latency_of_source": latency["source"],
        "code_version": code_version(),
        "environment": environment(),
        "seconds": round(time.monotonic() - started, 1),
    }
    bytes_write(orjson.dumps(record, option=orjson.OPT_INDENT_2), out / "training-record.json")
    emit({"event": "done", "bundle_sha256": bundle.sha256, "best_epoch": 0})
    return bundle_open(folder)


def _refuse(source: FrozenBundle, release: OpenRelease) -> None:
    if source.is_torch:
        raise BundleRefused("this version is answered by torch; only one with an ONNX graph becomes INT8")
    if source.document.get("precision") == PRECISION:
        raise BundleRefused("this version is INT8 already")
    if source.lineage.get("release_manifest_sha256") != release.manifest_sha256:
        raise BundleRefused("the version was trained on another release; its threshold is chosen on its own validation")


def _quantised_graph(graph: Path, target: Path) -> None:
    """Quantise the weights of matrix products, per channel; tables of words and everything else stay as they are."""
    model = onnx.load(graph)
    # Shapes that the exporter noted make the quantiser fail where it changes them; it infers its own.
    del model.graph.value_info[:]
    if any(node.op_type == "Dropout" for node in model.graph.node):
        raise BundleRefused("the graph was exported in training mode: it drops out")
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / MODEL
        onnx.save(model, plain)
        quantize_dynamic(
            plain, target, per_channel=True, op_types_to_quantize=["MatMul", "Gemm"], weight_type=QuantType.QInt8
        )
    quantised = onnx.load(target)
    del quantised.metadata_props[:]
    bytes_write(quantised.SerializeToString(deterministic=True), target)


def _parity(
    before: tuple[Floats, Floats],
    after: tuple[Floats, Floats],
    crisis_types: Any,
    source: FrozenBundle,
    point: dict[str, Any],
) -> dict[str, Any]:
    """Return how far INT8 is from its source on validation. Raises ParityFailed beyond the tolerances."""
    crisis = crisis_types != NONE_INDEX
    scores = crisis_scores(before[0], source.temperature), crisis_scores(after[0], point["temperature"])
    difference = np.abs(softmax(before[0], axis=1) - softmax(after[0], axis=1)).max(axis=1)
    decided = scores[0] >= source.threshold, scores[1] >= point["threshold"]
    found: dict[str, Any] = {
        "texts": len(crisis),
        "same_types": float((before[0].argmax(1) == after[0].argmax(1)).mean()),
        "same_decisions": float((decided[0] == decided[1]).mean()),
        "max_probability_difference": float(difference.max()),
        "mean_probability_difference": float(difference.mean()),
        "auc_of_source": auc(scores[0], crisis),
        "auc": auc(scores[1], crisis),
        "tolerances": {
            "same_types": MIN_SAME_TYPES,
            "mean_probability_difference": MAX_MEAN_DIFFERENCE,
            "auc_loss": MAX_AUC_LOSS,
        },
    }
    if (
        found["same_types"] < MIN_SAME_TYPES
        or not found["mean_probability_difference"] <= MAX_MEAN_DIFFERENCE
        or found["auc_of_source"] - found["auc"] > MAX_AUC_LOSS
    ):
        raise ParityFailed(
            f"INT8 differs too much: the same type on {found['same_types']:.1%} of validation (at least "
            f"{MIN_SAME_TYPES:.0%}), probabilities by {found['mean_probability_difference']:.3f} on average, "
            f"AUC {found['auc']:.4f} against {found['auc_of_source']:.4f}"
        )
    return found
