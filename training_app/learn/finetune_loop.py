"""The training loop of a backbone with heads: deterministic, resumable within an epoch, on one device or on many.

Not transformers' Trainer: its checkpoints hold pickles, and it stops and keeps the best by one and the same figure
(docs/decisions/0016). accelerate places the model; everything that decides a result is here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType, gather_object
from numpy.typing import NDArray
from torch import Tensor, nn

from .batches import Batch, batch_tensors, epoch_batches, sequential_batches
from .checkpoints import Checkpoint, checkpoint_latest, checkpoint_read, checkpoint_write
from .compute import Precision
from .config import TrainingConfig
from .errors import CheckpointMismatch, Diverged, Stopped
from .events import Emit
from .finetune_steps import Plan, Sums, added, grouped, optimiser_of, step_seed
from .meters import PointMeter
from .metrics.types import macro_f1
from .moments import moments_restore, parameters_restore, tensors_of
from .objective import MultiObjective
from .progress import Progress
from .schedule import rate_factor
from .sharding import heads_shard, sharding_plugin
from .tokens import TokenisedSplit
from .training import Stopping

CHECKPOINT_SECONDS: Final = 600.0
# Tensor cores and vector units take tokens in eights.
LENGTH_MULTIPLE: Final = 8
PAD_ID: Final = 0


@dataclass(frozen=True)
class Learned:
    """What a finished loop knows; the model holds the parameters of the best epoch."""

    best_epoch: int
    history: list[dict[str, float]]
    stopped_early: bool
    plan: Plan


@dataclass(frozen=True)
class _Answered:
    """One batch of the validation split: its rows, each head's answers, its losses and amounts of label."""

    rows: NDArray[np.int64]
    answers: dict[str, NDArray[np.float64]]
    sums: dict[str, float]
    amounts: dict[str, float]


class FineTuning:
    """One run of the loop; `fit` does it. Every process of a distributed run makes one and calls the same methods."""

    def __init__(
        self,
        config: TrainingConfig,
        model: nn.Module,
        objective: MultiObjective,
        splits: dict[str, TokenisedSplit],
        *,
        folder: Path,
        run_key: str,
        device: str,
        precision: Precision,
        emit: Emit,
        stopping: Stopping,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
    ) -> None:
        self._config, self._objective, self._splits = config, objective, splits
        self._folder, self._run_key = folder, run_key
        self._emit, self._stopping = emit, stopping
        self._checkpoint_seconds = checkpoint_seconds
        self._heads = [head for head in config.model.heads if head in splits["train"].labels]
        # accelerate keeps its state for the whole process; a second run may want another precision.
        AcceleratorState._reset_state(reset_partial_state=not torch.distributed.is_initialized())
        # Whether the model is copied or sharded over processes is said by the environment that launch.py sets.
        mixed = "no" if precision == "fp32" else precision
        plugin = sharding_plugin(precision)
        self._accelerator = Accelerator(cpu=device == "cpu", mixed_precision=mixed, fsdp_plugin=plugin)
        if self._accelerator.distributed_type == DistributedType.FSDP:
            heads_shard(model)
        self._world, self._rank = self._accelerator.num_processes, self._accelerator.process_index
        self._plan = Plan.of(config, len(splits["train"]), self._world)
        self._model, self._optimiser = self._accelerator.prepare(model, optimiser_of(model, config))
        self._progress, self._step, self._running = Progress(), 0, Sums({}, {})
        self._meter = PointMeter(emit, total_steps=self._plan.total_steps)
        self._saved_at = time.monotonic()

    def fit(self) -> Learned:
        """Train, and leave the parameters of the best epoch (by validation macro F1) in the model.

        Goes on from the newest checkpoint in the folder, in the middle of an epoch if need be, to the same numbers.
        Raises Stopped after a termination signal, CheckpointMismatch, Diverged.
        """
        self._resume()
        optimisation, progress = self._config.optimisation, self._progress
        started, first = time.monotonic(), progress.epoch
        while progress.epoch < optimisation.epochs and progress.stale < optimisation.patience:
            row: dict[str, float] = {"epoch": progress.epoch + 1} | self._train_epoch() | self._validate()
            progress.note(row)
            self._step, self._running = 0, Sums({}, {})
            self._save()
            seconds = (time.monotonic() - started) / (progress.epoch - first)
            self._emit(
                {"event": "epoch", "epochs": optimisation.epochs, "best_epoch": progress.best["epoch"]}
                | {"eta_seconds": round(seconds * (optimisation.epochs - progress.epoch), 1)}
                | row
            )
        best_epoch = int(progress.best["epoch"])
        best = checkpoint_read(self._folder, best_epoch, run_key=self._run_key)
        if best is None:
            raise CheckpointMismatch("the checkpoint of the best epoch is damaged; start again with an empty folder")
        parameters_restore(self._bare, best.tensors)
        stopped_early = progress.epoch < optimisation.epochs
        return Learned(best_epoch, progress.history, stopped_early, self._plan)

    def answers(self) -> dict[str, NDArray[np.float64]]:
        """Return what each head says of the validation split in its order, [N, …], without mixed precision.

        These are the numbers that are served, so the operating point is chosen on them. All processes must call it.
        """
        # Unwrapped, it answers as it will be served; a sharded one answers only as a whole, in its mixed precision.
        sharded = self._accelerator.distributed_type == DistributedType.FSDP
        model = self._model if sharded else self._accelerator.unwrap_model(self._model, keep_fp32_wrapper=False)
        return self._read_validation(model, mixed=False)[0]

    @property
    def is_main(self) -> bool:
        """Whether this process writes what is written once."""
        return bool(self._accelerator.is_main_process)

    def wait(self) -> None:
        """Return when all processes have come here."""
        self._accelerator.wait_for_everyone()

    def release(self) -> None:
        """Let go of the model and the optimiser, whose moments take twice the memory of what learned."""
        self._model, self._optimiser = self._accelerator.free_memory(self._model, self._optimiser)

    @property
    def _bare(self) -> nn.Module:
        model: nn.Module = self._accelerator.unwrap_model(self._model)
        return model

    def _train_epoch(self) -> dict[str, float]:
        optimisation, epoch = self._config.optimisation, self._progress.epoch + 1
        train = self._splits["train"]
        batches = epoch_batches(
            train.lengths,
            batch_size=optimisation.batch_size,
            seed=optimisation.seed,
            epoch=epoch,
            rank=self._rank,
            world=self._world,
        )
        self._model.train()
        left = batches[self._step * optimisation.accumulation :]
        for group in grouped(self._tensors(train, left), optimisation.accumulation):
            self._train_step(epoch, group)
        row = self._objective.terms(self._running.sums, self._running.amounts, "train")
        return row | {"learning_rate": float(self._optimiser.param_groups[-1]["lr"])}

    def _train_step(self, epoch: int, group: list[Batch]) -> None:
        optimisation, accelerator = self._config.optimisation, self._accelerator
        number = (epoch - 1) * self._plan.steps + self._step
        factor = rate_factor(number, warmup=self._plan.warmup, total_steps=self._plan.total_steps)
        for parameters in self._optimiser.param_groups:
            parameters["lr"] = parameters["full_rate"] * factor
        # Dropout depends on the step alone, not on what was drawn before: a resumed run draws the same.
        torch.manual_seed(step_seed(optimisation.seed, number, self._rank))
        amounts = self._over_processes(added(self._objective.amounts(batch) for batch in group))
        sums: dict[str, float] = {}
        for place, batch in enumerate(group):
            self._stop_if_asked(epoch)
            part = self._forward_backward(batch, amounts, last=place == len(group) - 1)
            sums = added([sums, part])
        sums = self._over_processes(sums)
        loss = self._objective.terms(sums, amounts, "train")
        if not math.isfinite(loss["train_loss"]):
            raise Diverged(
                f"the loss is no longer a number in step {number + 1}: lower optimisation.learning_rate, "
                "or compute in bf16 or fp32 instead of fp16"
            )
        accelerator.clip_grad_norm_(self._model.parameters(), optimisation.max_grad_norm)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self._step += 1
        self._running.add(sums, amounts)
        self._meter.note(
            step=number + 1,
            epoch=epoch,
            tokens=sum(int(batch.attention_mask.sum()) for batch in group) * self._world,
            learning_rate=float(self._optimiser.param_groups[-1]["lr"]),
            terms=loss,
        )
        if self._step < self._plan.steps and self._agreed(
            time.monotonic() - self._saved_at >= self._checkpoint_seconds
        ):
            self._save()

    def _forward_backward(self, batch: Batch, amounts: dict[str, float], *, last: bool) -> dict[str, float]:
        accelerator = self._accelerator
        batch = batch.to(accelerator.device)
        # Between the batches of a step the processes need not exchange their gradients.
        with nullcontext() if last or self._world == 1 else accelerator.no_sync(self._model):
            with accelerator.autocast():
                outputs = self._model(input_ids=batch.input_ids, attention_mask=batch.attention_mask)
            sums = self._objective.sums(outputs, batch)
            # Gradients are averaged over the processes, while the amounts are already those of all of them.
            accelerator.backward(self._objective.total(sums, amounts) * self._world)
        values = torch.stack([value.detach() for value in sums.values()]).tolist()
        return dict(zip(sums, values, strict=True))

    def _validate(self) -> dict[str, float]:
        outputs, row = self._read_validation(self._model, mixed=True)
        targets = self._splits["val"].crisis_types.astype(np.int64)
        return row | {"val_macro_f1": macro_f1(targets, outputs["crisis_type"].argmax(axis=1))}

    def _read_validation(
        self, model: nn.Module, *, mixed: bool
    ) -> tuple[dict[str, NDArray[np.float64]], dict[str, float]]:
        """Return each head's answers [N, …] and the terms of the validation split; each process reads its share."""
        val = self._splits["val"]
        model.eval()
        batches = sequential_batches(val.lengths, batch_size=self._config.optimisation.batch_size)
        shares = batches[self._rank :: self._world]
        # A sharded model answers only when all processes ask: those that have nothing left ask once more in vain.
        spare = math.ceil(len(batches) / self._world) - len(shares)
        mine: list[_Answered] = []
        asked = [*shares, *batches[:spare]]
        for number, (rows, batch) in enumerate(zip(asked, self._tensors(val, asked), strict=True)):
            self._stop_if_asked(self._progress.epoch + 1)
            on_device = batch.to(self._accelerator.device)
            with torch.no_grad(), self._accelerator.autocast() if mixed else nullcontext():
                outputs = model(input_ids=on_device.input_ids, attention_mask=on_device.attention_mask)
            if number >= len(shares):
                continue
            sums = {head: float(value) for head, value in self._objective.sums(outputs, on_device).items()}
            answers = {head: values.double().cpu().numpy() for head, values in outputs.items()}
            mine.append(_Answered(rows, answers, sums, self._objective.amounts(batch)))
        running = Sums({}, {})
        whole: dict[str, NDArray[np.float64]] = {}
        for part in mine if self._world == 1 else gather_object(mine):
            for head, values in part.answers.items():
                whole.setdefault(head, np.empty((len(val), *values.shape[1:])))[part.rows] = values
            running.add(part.sums, part.amounts)
        return whole, self._objective.terms(running.sums, running.amounts, "val")

    def _tensors(self, split: TokenisedSplit, batches: Sequence[NDArray[np.int64]]) -> Iterator[Batch]:
        return batch_tensors(
            split,
            batches,
            pad_id=PAD_ID,
            heads=self._heads,
            multiple_of=LENGTH_MULTIPLE,
            workers=self._config.compute.workers,
            pin_memory=self._accelerator.device.type == "cuda",
        )

    def _stop_if_asked(self, epoch: int) -> None:
        if self._stopping():
            raise Stopped(f"stopped in epoch {epoch}; a new start goes on from the last checkpoint")

    def _agreed(self, wish: bool) -> bool:
        """Return what the first process wishes: all must write a checkpoint at the same step."""
        if self._world == 1:
            return wish
        flag = torch.tensor([float(wish and self.is_main)], device=self._accelerator.device)
        return bool(self._accelerator.reduce(flag, "sum").item())

    def _over_processes(self, amounts: dict[str, float]) -> dict[str, float]:
        if self._world == 1:
            return amounts
        values = torch.tensor(list(amounts.values()), dtype=torch.float32, device=self._accelerator.device)
        summed: Tensor = self._accelerator.reduce(values, "sum")
        return dict(zip(amounts, summed.tolist(), strict=True))

    def _save(self) -> None:
        tensors = tensors_of(self._bare, self._optimiser)
        if self.is_main:
            state = self._progress.as_state() | {"sums": self._running.sums, "amounts": self._running.amounts}
            checkpoint = Checkpoint(self._progress.epoch, state, tensors, step=self._step)
            checkpoint_write(self._folder, checkpoint, run_key=self._run_key)
        self.wait()
        self._saved_at = time.monotonic()

    def _resume(self) -> None:
        found = checkpoint_latest(self._folder, run_key=self._run_key)
        if found is None:
            return
        parameters_restore(self._bare, found.tensors)
        moments_restore(self._bare, self._optimiser, found.tensors)
        state: dict[str, Any] = dict(found.state)
        self._running, self._step = Sums(state.pop("sums"), state.pop("amounts")), found.step
        self._progress = Progress(epoch=found.epoch, **state)
        self._emit({"event": "resumed", "epoch": found.epoch, "step": found.step})
