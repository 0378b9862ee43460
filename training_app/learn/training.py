"""What every method of training is given and what it hands back; pipeline.py picks the method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_hex

from .bundle import FrozenBundle
from .calibration import (
    NONE_INDEX,
    Floats,
    Ints,
    bounded_threshold,
    choose_threshold,
    crisis_scores,
    expected_calibration_error,
    fit_temperature,
)
from .config import DecisionConfig, TrainingConfig, config_sha256
from .data import OpenRelease
from .errors import ReleaseRefused
from .events import Emit
from .provenance import code_version

BUNDLE_DIR: Final = "bundle"
CHECKPOINT_DIR: Final = "checkpoints"

Stopping = Callable[[], bool]


@dataclass(frozen=True)
class Training:
    """One training: its configuration, its verified release, its folder, who hears of it and who may stop it."""

    config: TrainingConfig
    release: OpenRelease
    out: Path
    emit: Emit
    stopping: Stopping

    @property
    def run_key(self) -> str:
        """What a checkpoint belongs to: another configuration, release or code does not go on from it."""
        return sha256_hex(canonical_json([config_sha256(self.config), self.release.manifest_sha256, code_version()]))

    @property
    def lineage(self) -> dict[str, Any]:
        """Where a bundle comes from, as bundle.json keeps it."""
        return {
            "release": self.release.version,
            "release_manifest_sha256": self.release.manifest_sha256,
            "config_sha256": config_sha256(self.config),
            "code_version": code_version(),
            "seed": self.config.optimisation.seed,
        }


@dataclass(frozen=True)
class Outcome:
    """A finished training. `record` is what the method adds to the training record: history, calibration, parity…"""

    bundle: FrozenBundle
    best_epoch: int
    record: dict[str, Any]


def check_trainable(split: str, crisis_types: Ints) -> None:
    """Raise ReleaseRefused unless the split holds crises and conversations without one: int [N]."""
    kinds = set(np.unique(crisis_types == NONE_INDEX).tolist())
    if kinds == {True, False}:
        return
    if not kinds:
        raise ReleaseRefused(f"the {split} split is empty")
    raise ReleaseRefused(
        f"the {split} split needs conversations with a crisis and conversations without one; "
        f"it holds {len(crisis_types)}, all of one kind"
    )


def class_counts(crisis_types: Ints) -> dict[str, int]:
    """Return the rows of each crisis type: int [N] -> by name."""
    return {name: int(np.count_nonzero(crisis_types == index)) for index, name in enumerate(CRISIS_TYPES)}


def operating_point(
    type_logits: Floats,
    crisis_types: Ints,
    decision: DecisionConfig,
    *,
    sources: NDArray[np.str_] | None = None,
    sure: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """Return temperature and threshold, chosen on validation, and what they give there.

    type_logits [N, 7] of the best epoch, crisis_types int [N], sources [N]: whose crises the bound is asked of apart,
    sure [N]: whose labels the threshold is chosen by (of a coin's toss no share can be found).
    """
    crisis = crisis_types != NONE_INDEX
    temperature = fit_temperature(type_logits, crisis_types)
    scores = crisis_scores(type_logits, temperature)
    groups = np.full(len(scores), "all") if sources is None else sources
    chosen = np.ones(len(scores), dtype=bool) if sure is None else sure
    if decision.margin == "bound":
        threshold, asked = bounded_threshold(
            scores[chosen], crisis[chosen], groups[chosen], min_sensitivity=decision.min_sensitivity
        )
    else:
        threshold = choose_threshold(scores[chosen], crisis[chosen], min_sensitivity=decision.min_sensitivity)
        asked = []
    flagged = scores >= threshold
    return {
        "temperature": temperature,
        "threshold": threshold,
        "val_sensitivity": float(flagged[crisis].mean()),
        "val_specificity": float((~flagged)[~crisis].mean()),
        "val_ece_before": expected_calibration_error(crisis_scores(type_logits, 1.0), crisis),
        "val_ece": expected_calibration_error(scores, crisis),
        "val_crises": int(np.count_nonzero(crisis)),
        "val_rows": len(crisis_types),
        "bound_asked_of": asked,
        "unsure_labels": int(np.count_nonzero(~chosen)),
        "val_by_source": {
            str(name): _rates(flagged[groups == name], crisis[groups == name]) for name in sorted(set(groups.tolist()))
        },
    }


def _rates(flagged: NDArray[np.bool_], crisis: NDArray[np.bool_]) -> dict[str, float | int | None]:
    found, passed = flagged[crisis], ~flagged[~crisis]
    return {
        "crises": len(found),
        "sensitivity": float(found.mean()) if len(found) else None,
        "others": len(passed),
        "specificity": float(passed.mean()) if len(passed) else None,
    }
