"""What the cases share: folders, sizes, configurations, and where figures go."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Final

from benchmarks.training_data import compiled
from benchmarks.training_gpu.backbones import random_mistral

MIB: Final = 1 << 20
GIB: Final = 1 << 30
CHECKPOINTED: Final = {"gradient_checkpointing": True}
# Records of a release, and how many generated conversations are strung together to one of them: three are more than
# 512 tokens.
ROWS: Final = {"12b": (400, 3), "1b": (1_800, 3), "60m": (1_200, 1), "embedded": (7_200, 1)}
TINY_ROWS: Final = {"12b": (90, 3), "1b": (90, 3), "60m": (120, 1), "embedded": (200, 1)}


class Bench:
    """What the cases share: folders, sizes, and where figures go."""

    def __init__(self, options: argparse.Namespace, case: str) -> None:
        self.folder, self.out, self.tiny, self.case = (
            options.folder.resolve(),
            options.out.resolve(),
            options.tiny,
            case,
        )
        self.tokenizer = options.tokenizer

    def backbone(self, name: str) -> Path:
        """Return a random backbone."""
        tokenizer = self.tokenizer
        if tokenizer is None:
            from training_app.learn.encoder import encoder_folder

            tokenizer = encoder_folder() / "tokenizer.json"
        return random_mistral(name, self.folder / f"mistral-{name}", tokenizer, tiny=self.tiny)

    def release(self, name: str) -> Path:
        """Return a release."""
        count, joined = (TINY_ROWS if self.tiny else ROWS)[name]
        return compiled(count, self.folder, seed=1, joined=joined)

    def config(self, name: str, method: str, **more: dict[str, Any]) -> dict[str, Any]:
        """Return a configuration as JSON types: 512 tokens of a long release, batches of 16, one epoch."""
        out = self.folder / "runs" / self.case
        found: dict[str, Any] = {
            "data": {"max_length": 512, "last_messages": 50},
            "model": {"method": method},
            "optimisation": {"epochs": 1, "batch_size": 16, "learning_rate": 2e-4 if "lora" in method else 3e-5},
            "compute": {"threads": 1 if self.tiny else 8},
            "output": {"release_dir": str(self.release(name)), "out_dir": str(out)},
        }
        if name != "embedded":
            found["model"]["backbone"] = str(self.backbone(name))
        for part, values in more.items():
            found[part] = found.get(part, {}) | values
        return found

    def result(self, **figures: Any) -> None:
        """Write a line of results and show it."""
        line = json.dumps({"case": self.case} | figures)
        with (self.out / "results.jsonl").open("a") as sink:
            sink.write(line + "\n")
        print(line[:1500], flush=True)

    def event(self, event: dict[str, Any]) -> None:
        """Write a line of events."""
        with (self.out / "events.jsonl").open("a") as sink:
            sink.write(json.dumps({"case": self.case} | event) + "\n")


def gib(size: float) -> float:
    """Return GiB."""
    return round(size / GIB, 2)
