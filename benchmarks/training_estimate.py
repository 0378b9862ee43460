"""The estimate of memory and time held against trainings that really take place, on this machine's CPU.

    nice python -m benchmarks.training_estimate --folder FOLDER

Each case is a `dry-run` in a process of its own: its estimate beside the peak resident memory and the seconds of its
second step. The texts are longer than what is read, so the sample's tokens are those that were estimated. Backbones:
the embedded encoder (22.6 million parameters) and a random Qwen2 of about 60 million.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from benchmarks.training_data import compiled

MIB: Final = 1 << 20
ROWS: Final = 2_000
CASES: Final[dict[str, dict[str, Any]]] = {
    "embedded, cached": {"model": {"method": "cached"}},
    "embedded, frozen": {"model": {"method": "frozen"}},
    "embedded, top layers": {"model": {"method": "top_layers"}},
    "embedded, full, fp32": {"model": {"method": "full"}, "compute": {"precision": "fp32"}},
    "embedded, full, bf16": {"model": {"method": "full"}, "compute": {"precision": "bf16"}},
    "embedded, full, fp32, batch 64": {
        "model": {"method": "full"},
        "compute": {"precision": "fp32"},
        "optimisation": {"batch_size": 64},
    },
    "embedded, full, checkpointing, batch 64": {
        "model": {"method": "full"},
        "compute": {"precision": "fp32", "gradient_checkpointing": True},
        "optimisation": {"batch_size": 64},
    },
    "embedded, lora": {"model": {"method": "lora"}, "compute": {"precision": "fp32"}},
    "qwen2, full, fp32": {"model": {"method": "full"}, "compute": {"precision": "fp32"}},
    "qwen2, lora": {"model": {"method": "lora"}, "compute": {"precision": "fp32"}},
    "qwen2, qlora": {"model": {"method": "qlora"}, "compute": {"precision": "bf16"}},
}


def random_qwen(folder: Path) -> Path:
    """Write a random Qwen2 of eight layers with the embedded encoder's tokenizer, unless it is there."""
    if not (folder / "config.json").is_file():
        from transformers import Qwen2Config, Qwen2Model

        from training_app.learn.encoder import encoder_folder

        config = Qwen2Config(
            vocab_size=30_522,
            hidden_size=640,
            intermediate_size=2_048,
            num_hidden_layers=8,
            num_attention_heads=10,
            num_key_value_heads=2,
            max_position_embeddings=512,
        )
        Qwen2Model(config).save_pretrained(folder)
        shutil.copy(encoder_folder() / "tokenizer.json", folder / "tokenizer.json")
    return folder


def measured(name: str, case: dict[str, Any], release: Path, qwen: Path, folder: Path) -> dict[str, Any]:
    """Return one case's report."""
    config = {part: dict(values) for part, values in case.items()} | {"output": {"release_dir": str(release)}}
    if name.startswith("qwen2"):
        config["model"]["backbone"] = str(qwen)
    path = folder / "case.json"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "training_app.learn", "dry-run", "--config", str(path), "--json"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    answer = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    found: dict[str, Any] = json.loads(answer)
    return found


def main() -> int:
    """Run all cases and print a table of expected beside found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--only", default="", help="cases whose name holds this word")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    release, qwen = compiled(ROWS, options.folder, seed=1), random_qwen(options.folder / "qwen2")
    print("| case | learning | memory, expected MB | found MB | found / expected | step, expected s | found s |")
    print("|---|---|---|---|---|---|---|")
    for name, case in CASES.items():
        if options.only not in name:
            continue
        report = measured(name, case, release, qwen, options.folder)
        expected, tried = report["estimate"], report["tried"]
        flops = expected["flops_per_step"]
        if "cached" in name:
            flops = expected["flops_of_reading"] / (expected["work"]["train"] + expected["work"]["val"]) * tried["rows"]
        memory, found = expected["memory_bytes"]["total"] / MIB, tried["peak_bytes"] / MIB
        print(
            f"| {name} | {expected['parameters']['learning'] / 1e6:.2f} M | {memory:.0f} | {found:.0f} "
            f"| {found / memory:.2f} | {flops / expected['throughput_flops']:.2f} | {tried['seconds_per_step']:.2f} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
