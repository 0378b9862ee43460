"""Starts one training on several processes: torchrun with accelerate's settings, both made from the configuration.

The processes run `train` with the same file; accelerate reads its settings from the environment. DDP runs on GPUs
(NCCL) and on CPUs (gloo); FSDP needs GPUs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Final

import torch

from .backbone import layers_of
from .compute import Machine, Resolved
from .config import TrainingConfig
from .errors import ConfigInvalid
from .events import parse_event
from .shape import backbone_blank

# torchrun answers 1 for whatever ended a process; what that was stands in the last event.
ENDINGS: Final = ("stopped", "refused", "failed", "done")
SINGLE_METHODS: Final = frozenset({"cached", "distil"})


def launch_check(config: TrainingConfig, machine: Machine, resolved: Resolved) -> None:
    """Raise ConfigInvalid for what cannot be started on several processes, or not on this machine."""
    compute = config.compute
    if compute.distributed == "none":
        raise ConfigInvalid("compute.distributed is none: one process trains, so use train")
    if config.model.method in SINGLE_METHODS:
        raise ConfigInvalid(
            f"model.method {config.model.method} trains in one process; set compute.distributed to none"
        )
    if resolved.device == "cuda" and compute.processes > len(machine.gpus):
        raise ConfigInvalid(
            f"compute.processes is {compute.processes}, but this machine has {len(machine.gpus)} GPUs: one each"
        )
    if resolved.device == "cpu" and compute.distributed == "fsdp":
        raise ConfigInvalid("compute.distributed fsdp needs GPUs; ddp works on CPUs")


def launch_command(config_path: Path, processes: int) -> list[str]:
    """Return the command that starts the processes on this machine."""
    runner = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return [sys.executable, *runner, "-m", "training_app.learn", "train", "--config", str(config_path)]


def launch_environment(config: TrainingConfig, resolved: Resolved, document: Mapping[str, Any]) -> dict[str, str]:
    """Return accelerate's settings for the processes; `document` is the content of the backbone's config.json."""
    found = {"OMP_NUM_THREADS": str(config.compute.threads), "ACCELERATE_MIXED_PRECISION": _mixed(resolved)}
    if resolved.device == "cpu":
        found["ACCELERATE_USE_CPU"] = "true"
    if config.compute.distributed == "fsdp":
        found |= {
            "ACCELERATE_USE_FSDP": "true",
            "FSDP_VERSION": "2",
            "FSDP_RESHARD_AFTER_FORWARD": "true",
            "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP",
            "FSDP_TRANSFORMER_CLS_TO_WRAP": layer_class(document),
            "FSDP_STATE_DICT_TYPE": "FULL_STATE_DICT",
            "FSDP_OFFLOAD_PARAMS": "false",
        }
    return found


def layer_class(document: Mapping[str, Any]) -> str:
    """Return the class of a backbone's layers, which FSDP shares out one by one."""
    with torch.device("meta"):
        backbone = backbone_blank(document, torch.float32, "sdpa")
    return type(layers_of(backbone)[0]).__name__


def launch(config_path: Path, config: TrainingConfig, environment: Mapping[str, str]) -> dict[str, Any]:
    """Run the processes to their end, pass their lines on, and return the event that ended them.

    A termination signal is passed on; torchrun gives the processes half a minute to end by themselves.
    """
    last: dict[str, Any] = {"event": "failed", "reason": "the processes ended without a word"}
    with subprocess.Popen(
        launch_command(config_path, config.compute.processes),
        env=os.environ | dict(environment),
        stdout=subprocess.PIPE,
        text=True,
    ) as child:

        def pass_on(number: int, frame: FrameType | None) -> None:
            child.send_signal(signal.SIGTERM)

        before = {number: signal.signal(number, pass_on) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            assert child.stdout is not None
            for line in child.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
                event = parse_event(line)
                if event is not None and event["event"] in ENDINGS:
                    last = event
            code = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    if code and last["event"] == "done":
        return {"event": "failed", "reason": "a process ended badly after the training was done"}
    return last


def _mixed(resolved: Resolved) -> str:
    return "no" if resolved.precision == "fp32" else resolved.precision
