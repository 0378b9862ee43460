"""Which code and which machine made a bundle."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from pathlib import Path
from typing import Any, Final

import onnxruntime
import torch
import transformers

from datasets_app.corpus import render, taxonomy

# Modules that decide a bundle's bytes or its operating point; the others only report.
_DECIDING: Final = (
    "adapters.py",
    "backbone.py",
    "batches.py",
    "cache.py",
    "cached.py",
    "calibration.py",
    "config.py",
    "data.py",
    "encoder.py",
    "export.py",
    "finetune.py",
    "finetune_bundle.py",
    "finetune_loop.py",
    "finetune_steps.py",
    "heads.py",
    "intervals.py",
    "labels.py",
    "loop.py",
    "losses.py",
    "moments.py",
    "multihead.py",
    "objective.py",
    "pipeline.py",
    "pooling.py",
    "progress.py",
    "schedule.py",
    "sharding.py",
    "tokens.py",
    "torch_predict.py",
    "student.py",
    "quantise.py",
    "training.py",
)


@cache
def code_version() -> str:
    """Return "learn/1+" and a hash of the sources that decide a training's result.

    Sources rather than a commit: it holds for a checkout, a wheel and a container alike, and for uncommitted work.
    """
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in [*(folder / name for name in _DECIDING), Path(render.__file__), Path(taxonomy.__file__)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"learn/1+{digest.hexdigest()[:16]}"


def environment() -> dict[str, Any]:
    """Return versions and hardware, for the record of a run; not part of any hash."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "onnxruntime": onnxruntime.__version__,
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }
