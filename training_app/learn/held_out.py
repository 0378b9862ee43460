"""The evaluation of a frozen bundle: the only door to a test split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .bundle import FrozenBundle
from .data import TEST_SPLIT, release_open
from .encoder import use_threads
from .evaluation import evaluate
from .predict import predict


def evaluate_bundle(
    bundle: FrozenBundle, release_folder: Path, *, split: str = TEST_SPLIT, threads: int = 1
) -> dict[str, Any]:
    """Return the metrics of the bundle's own bytes on a split of the release that it was trained on.

    The result names the bundle, the release and the set; it holds no text. Raises ReleaseRefused, BundleRefused.
    """
    use_threads(threads)
    release = release_open(release_folder)
    if split == TEST_SPLIT:
        samples = release.held_out(bundle)
    else:
        samples = release.samples(split, last_messages=int(bundle.document["last_messages"]))
    predictions = predict(bundle, [sample.text for sample in samples], threads=threads)
    result = evaluate(samples, predictions)
    simulated = sum(sample.simulated for sample in samples)
    return result | {
        "split": split,
        "bundle_sha256": bundle.sha256,
        "release": release.version,
        "release_manifest_sha256": release.manifest_sha256,
        "test_set_sha256": release.test_set_sha256 if split == TEST_SPLIT else None,
        "simulated_labels": simulated,
        "synthetic_only": set(result["sources"]) <= {"synthetic", "augmented"},
    }
