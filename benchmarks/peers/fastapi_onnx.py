"""FastAPI and onnxruntime, as one writes it first: a plain function that FastAPI runs in its thread pool."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.peers import model

app = FastAPI()
_tokenizer, _session = model.tokenizer(), model.session()


class Message(BaseModel):
    role: str
    content: str


class Request(BaseModel):
    messages: list[Message]
    metadata: dict[str, Any]


@app.post("/infer")
def infer(request: Request) -> dict[str, Any]:
    encoded = _tokenizer.encode(model.text_of({"metadata": request.metadata}))
    return model.answer(_session.run(["type_logits"], model.arrays([encoded]))[0][0])
