"""Everything that a training does first, in short: verify, tokenise a sample, build the model, take two steps.

Nothing is written; what was found is returned. The test split stays closed.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from .backbone import Backbone, backbone_load, backbone_open
from .batches import Batch, collate
from .compute import Resolved
from .config import TrainingConfig
from .data import OpenRelease, release_open
from .encoder import tokenizer_load, use_threads
from .errors import ConfigInvalid
from .estimate import Estimate, Workload
from .memory_need import weight_type
from .multihead import learning_parameters, model_build
from .objective import MultiObjective
from .plan import plan
from .tokens import TokenisedSplit, tokens_open, tokens_write

SAMPLE_ROWS: Final = 512
STEPS: Final = 2
# A batch is as wide as its longest conversation; of sorted ones little more than their average.
PADDING: Final = 1.05


def dry_run(config: TrainingConfig) -> tuple[dict[str, Any], Estimate]:
    """Return the report as JSON types and the estimate on the tokens that were really found.

    Raises LearnError: ReleaseRefused, EncoderRefused, ConfigInvalid.
    """
    if not config.output.release_dir:
        raise ConfigInvalid("output.release_dir must be set")
    use_threads(config.compute.threads)
    started = time.monotonic()
    release = release_open(Path(config.output.release_dir))
    verified = time.monotonic() - started
    backbone = backbone_open(config.model.backbone)
    with TemporaryDirectory(prefix="pixelhub-dry-run-") as folder:
        sample = _sample(config, release, backbone, Path(folder) / "sample")
        tokens = _tokens(sample, config.data.max_length)
        width = min(config.data.max_length, max(8, round(tokens["mean"] * PADDING)))
        work = Workload(release.rows("train"), release.rows("val"), width, f"the average of {len(sample)}, padded")
        found = plan(config, work=work)
        tried = _try(config, found, backbone, sample) if found.memory.fits else None
    report = {
        "release": release.version,
        "release_manifest_sha256": release.manifest_sha256,
        "backbone_sha256": backbone.sha256,
        "verified_seconds": round(verified, 2),
        "tokens": tokens,
        "estimate": found.as_dict(),
        "tried": tried,
    }
    return report, found


def _sample(config: TrainingConfig, release: OpenRelease, backbone: Backbone, folder: Path) -> TokenisedSplit:
    source = islice(release.stream("train", last_messages=config.data.last_messages), SAMPLE_ROWS)
    tokens_write(source, tokenizer_load(config.data.max_length, path=backbone.tokenizer), folder, {})
    found = tokens_open(folder)
    assert found is not None
    return found


def _tokens(sample: TokenisedSplit, max_length: int) -> dict[str, Any]:
    lengths = sample.lengths
    return {
        "sample": len(sample),
        "mean": round(float(lengths.mean()), 1),
        "p95": int(np.quantile(lengths, 0.95)),
        "cut_share": round(float((lengths >= max_length).mean()), 4),
        "max_length": max_length,
    }


def _try(config: TrainingConfig, found: Estimate, backbone: Backbone, sample: TokenisedSplit) -> dict[str, Any]:
    """Take STEPS steps on the longest conversations of the sample, the worst that can come."""
    resolved = found.resolved
    cached = config.model.method == "cached"
    rows = config.compute.encode_batch_size if cached else config.optimisation.batch_size
    order = np.argsort(-sample.lengths, kind="stable")[:rows].astype(np.int64)
    batch = collate(sample, order, pad_id=0, heads=[head for head in config.model.heads if head in sample.labels])
    base = backbone_load(
        backbone,
        dtype=weight_type(config, resolved),
        attention=config.model.attention,
        quantised=config.model.method == "qlora",
        device=resolved.device,
    )
    step = _reading(base, resolved) if cached else _learning(config, base, backbone, resolved, sample)
    batch = batch.to(resolved.device)
    seconds = []
    for _ in range(STEPS):
        started = time.perf_counter()
        step(batch)
        if resolved.device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    # The first step also makes what is made once.
    per_step = seconds[-1]
    if cached:
        whole = per_step / len(batch) * (found.work.train + found.work.val)
    else:
        whole = per_step * config.optimisation.accumulation * found.steps_per_epoch * found.epochs
    return {
        "rows": len(batch),
        "tokens": int(batch.input_ids.shape[1]),
        "steps": STEPS,
        "seconds_per_step": round(per_step, 4),
        "seconds": round(whole, 1),
        "peak_bytes": _peak(resolved),
    }


def _reading(base: nn.Module, resolved: Resolved) -> Callable[[Batch], None]:
    def step(batch: Batch) -> None:
        with torch.inference_mode(), torch.autocast(resolved.device, dtype=resolved.dtype, enabled=_mixed(resolved)):
            base(input_ids=batch.input_ids, attention_mask=batch.attention_mask)

    return step


def _learning(
    config: TrainingConfig, base: Any, backbone: Backbone, resolved: Resolved, sample: TokenisedSplit
) -> Callable[[Batch], None]:
    model = model_build(
        base, config.model, pooling=backbone.pooling, checkpointing=config.compute.gradient_checkpointing
    )
    model.train()
    heads = [head for head in config.model.heads if head in sample.labels or head in ("crisis_type", "severity")]
    objective = MultiObjective(config.loss, heads, torch.from_numpy(sample.crisis_types.astype(np.int64)))
    optimiser = torch.optim.AdamW(learning_parameters(model).values(), lr=config.optimisation.learning_rate)

    def step(batch: Batch) -> None:
        with torch.autocast(resolved.device, dtype=resolved.dtype, enabled=_mixed(resolved)):
            outputs = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
        objective.total(objective.sums(outputs, batch), objective.amounts(batch)).backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    return step


def _mixed(resolved: Resolved) -> bool:
    return resolved.precision != "fp32"


def _peak(resolved: Resolved) -> int:
    """Return the most memory that was taken: of the device by tensors, or by this process."""
    if resolved.device == "cuda":
        return int(torch.cuda.max_memory_reserved())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
