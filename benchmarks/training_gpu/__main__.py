"""The cases, each in a process of its own with a limit."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import benchmarks.training_gpu
from benchmarks.training_gpu.bench import CHECKPOINTED, Bench
from benchmarks.training_gpu.commands import evaluated, killed, launched, out_of_memory
from benchmarks.training_gpu.dry import DRY, dry_runs
from benchmarks.training_gpu.machine import facts, weights
from benchmarks.training_gpu.trainings import training_case

# Seconds that a case may take, and what it does.
CASES: Final[dict[str, tuple[int, Callable[[Bench], None]]]] = {
    "facts": (60, facts),
    "weights": (120, weights),
    "lora-12b": (200, training_case("12b", "lora", compute={"threads": 8} | CHECKPOINTED)),
    "full-1b": (150, training_case("1b", "full")),
    "estimates": (120, dry_runs(DRY)),
    "lora-12b-dry": (100, dry_runs({"12b lora, checkpointing": ("12b", "lora", {"compute": CHECKPOINTED})})),
    "lora-12b-plain": (
        100,
        dry_runs({"12b lora, batch 8": ("12b", "lora", {"optimisation": {"batch_size": 8}})}),
    ),
    "qlora-12b": (
        120,
        dry_runs({"12b qlora, checkpointing": ("12b", "qlora", {"compute": CHECKPOINTED})}),
    ),
    "out-of-memory": (60, out_of_memory),
    "launch-ddp": (120, launched("lora", "ddp")),
    "launch-fsdp": (120, launched("lora", "fsdp")),
    "launch-fsdp-full": (120, launched("full", "fsdp")),
    "launch-fsdp-qlora": (120, launched("qlora", "fsdp")),
    "train-60m": (120, training_case("60m", "lora")),
    "full-60m": (120, training_case("60m", "full")),
    "killed": (150, killed),
    "default": (200, evaluated),
    "embedded-lora": (200, training_case("embedded", "lora", data={"max_length": 128})),
    "embedded-full": (200, training_case("embedded", "full", data={"max_length": 128})),
}


def run_case(options: argparse.Namespace, case: str) -> None:
    """Run a case in a process group of its own and end it at its limit."""
    limit = CASES[case][0] * (10 if options.tiny else 1)
    line = [sys.executable, "-m", "benchmarks.training_gpu", *sys.argv[1:], "--case", case]
    started = time.monotonic()
    with (options.out / "log.txt").open("a") as log:
        child = subprocess.Popen(line, stderr=log, stdout=None, start_new_session=True)
        try:
            code: int | str = child.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            code = f"ended at its limit of {limit} s"
    print(f"# {case}: {code}, {time.monotonic() - started:.1f} s", flush=True)


def main() -> int:
    """Run the cases, those of --together at once."""
    parser = argparse.ArgumentParser(
        description=benchmarks.training_gpu.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tiny", action="store_true", help="small shapes, for a CPU")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json; the embedded encoder's by default")
    parser.add_argument("--only", nargs="*", default=None, help=f"of {', '.join(CASES)}")
    parser.add_argument("--together", nargs="*", default=[], help="cases to run at once, after the others: no timings")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for folder in (options.folder, options.out):
        folder.mkdir(parents=True, exist_ok=True)
    if options.case:
        CASES[options.case][1](Bench(options, options.case))
        return 0
    for case in list(CASES) if options.only is None else options.only:
        run_case(options, case)
    with ThreadPoolExecutor(max(1, len(options.together))) as pool:
        list(pool.map(lambda case: run_case(options, case), options.together))
    return 0


if __name__ == "__main__":
    sys.exit(main())
