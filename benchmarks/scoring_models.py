"""Bundles for speed alone: the embedded encoder and its lower layers with heads that learned nothing.

    python -m benchmarks.scoring_models FOLDER

writes FOLDER/teacher (six layers), student-3, student-2 and the INT8 form of each. What they answer means nothing; how
long they take is what a trained one of the same shape takes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import torch

from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE
from training_app.learn.bundle import HEAD, MODEL, TOKENIZER, bundle_write
from training_app.learn.config import EMBEDDED_BACKBONE
from training_app.learn.encoder import EMBEDDING_SIZE, ENCODER_SHA256, encoder_load, use_threads
from training_app.learn.export import export_model, export_tokenizer
from training_app.learn.heads import PixelHeads, PixelModel
from training_app.learn.quantise import _quantised_graph
from training_app.learn.student import Student
from training_app.learn.tensors import tensors_write

MAX_LENGTH: Final = 128
HIDDEN: Final = 64


def main(folder: Path) -> None:
    """Write them all."""
    use_threads(1)
    torch.manual_seed(7)
    heads = PixelHeads(3 * EMBEDDING_SIZE, HIDDEN, 0.0, part=EMBEDDING_SIZE)
    models = {"teacher": PixelModel(encoder_load(), heads)}
    models |= {f"student-{layers}": Student(layers, HIDDEN, 0.0) for layers in (3, 2)}
    for name, model in models.items():
        _write(folder / name, model.requires_grad_(False).eval())
        _write_int8(folder / name, folder / f"{name}-int8")
        sys.stdout.write(f"{folder / name}\n{folder / name}-int8\n")


def _write(folder: Path, model: PixelModel) -> None:
    folder.mkdir(parents=True)
    # Calm answers: each crisis would be written to disk before its answer, which is not what most requests are.
    model.heads.crisis_type.bias.data[CRISIS_TYPES.index(NONE_TYPE)] += 5.0
    export_model(model, folder)
    export_tokenizer(folder, max_length=MAX_LENGTH)
    tensors_write(model.heads.state_dict(), folder / HEAD)
    _finish(folder)


def _write_int8(source: Path, folder: Path) -> None:
    folder.mkdir(parents=True)
    _quantised_graph(source / MODEL, folder / MODEL)
    for name in (HEAD, TOKENIZER):
        (folder / name).write_bytes((source / name).read_bytes())
    _finish(folder, precision="int8")


def _finish(folder: Path, **more: Any) -> None:
    bundle_write(
        folder,
        max_length=MAX_LENGTH,
        last_messages=10,
        temperature=1.0,
        threshold=0.5,
        encoder={"name": EMBEDDED_BACKBONE, "sha256": ENCODER_SHA256["model.safetensors"]},
        lineage={"note": "for speed alone"},
        more=more,
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
