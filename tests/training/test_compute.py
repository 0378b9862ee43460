"""What the machine has and what `auto` becomes on it."""

from dataclasses import replace

import pytest
import torch

from training_app.learn.compute import GIB, Gpu, Machine, compute_resolve, machine_detect
from training_app.learn.config import config_from
from training_app.learn.errors import ConfigInvalid

PLAIN = Machine("a processor", cores=4, memory=16 * GIB, available=12 * GIB, flags=("avx2",))
NEW_CPU = replace(PLAIN, flags=("avx2", "avx512_bf16"))
NEW_GPU = replace(PLAIN, gpus=(Gpu("new", 80 * GIB, 79 * GIB, bf16=True),))
OLD_GPU = replace(PLAIN, gpus=(Gpu("old", 16 * GIB, 15 * GIB, bf16=False),))


def test_this_machine_is_seen_as_it_is() -> None:
    machine = machine_detect()
    assert machine.cores >= 1
    assert 0 < machine.available <= machine.memory
    assert len(machine.gpus) == torch.cuda.device_count()
    assert machine.cpu
    assert machine.as_dict()["cores"] == machine.cores


@pytest.mark.parametrize(
    ("machine", "method", "device", "precision"),
    [
        (PLAIN, "cached", "cpu", "fp32"),
        (PLAIN, "lora", "cpu", "fp32"),
        (NEW_CPU, "cached", "cpu", "fp32"),
        (NEW_CPU, "full", "cpu", "bf16"),
        (NEW_GPU, "full", "cuda", "bf16"),
        (NEW_GPU, "cached", "cuda", "fp32"),
        (NEW_GPU, "frozen", "cuda", "bf16"),
        (OLD_GPU, "lora", "cuda", "fp16"),
    ],
)
def test_auto_takes_what_the_machine_can_do(machine: Machine, method: str, device: str, precision: str) -> None:
    resolved = compute_resolve(config_from({"model": {"method": method}}), machine)
    assert (resolved.device, resolved.precision) == (device, precision)
    assert resolved.scales_loss == (precision == "fp16")
    assert len(resolved.notes) == 2


@pytest.mark.parametrize(
    ("machine", "compute", "reason"),
    [
        (PLAIN, {"device": "cuda"}, "no GPU"),
        (PLAIN, {"precision": "fp16"}, "needs a GPU"),
        (OLD_GPU, {"precision": "bf16"}, "Ampere"),
    ],
)
def test_what_the_machine_cannot_do_is_refused(machine: Machine, compute: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigInvalid, match=reason):
        compute_resolve(config_from({"compute": compute}), machine)


def test_what_is_asked_for_is_taken() -> None:
    asked = config_from({"compute": {"device": "cpu", "precision": "bf16", "threads": 9}})
    resolved = compute_resolve(asked, NEW_GPU)
    assert (resolved.device, resolved.dtype) == ("cpu", torch.bfloat16)
    assert resolved.notes == ("threads: 9 are asked for, 4 cores may be used",)
