"""FastAPI and PyTorch in fp32, eager: the predecessor's design. torch is found in our own environment, after theirs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

sys.path.append(str(next(Path(__file__).parents[2].glob(".venv/lib/python*/site-packages"))))

# Below this line, as what follows is found there.
import torch

from benchmarks.peers import model
from training_app.learn.encoder import EMBEDDING_SIZE, encoder_load
from training_app.learn.heads import PixelModel, heads_load

app = FastAPI()
_tokenizer = model.tokenizer()
_model = PixelModel(encoder_load(), heads_load(model.BUNDLE / "head.safetensors", embedding_size=EMBEDDING_SIZE)).eval()
torch.set_num_threads(1)


class Message(BaseModel):
    role: str
    content: str


class Request(BaseModel):
    messages: list[Message]
    metadata: dict[str, Any]


@app.post("/infer")
def infer(request: Request) -> dict[str, Any]:
    given = model.arrays([_tokenizer.encode(model.text_of({"metadata": request.metadata}))])
    with torch.no_grad():
        logits, _ = _model(torch.from_numpy(given["input_ids"]), torch.from_numpy(given["attention_mask"]))
    return model.answer(logits[0].numpy())
