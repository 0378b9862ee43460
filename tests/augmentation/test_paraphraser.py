"""Paraphrases by a language model behind an endpoint: asked only for made-up words, checked like all others."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from datasets_app.corpus.augmentation.by_model import ModelParaphraser
from datasets_app.corpus.augmentation.parents import originals_in
from datasets_app.corpus.augmentation.run import Settings, Written, augment
from datasets_app.corpus.synthesis import generate
from datasets_app.corpus.synthesis.endpoint import Endpoint, EndpointSettings
from tests.augmentation.making import FAMILY, read, write


class Service(ThreadingHTTPServer):
    """Answers like vLLM: says the messages otherwise, and does it wrongly now and then."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, Any]] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        given = json.loads(asked["messages"][1]["content"])
        self.server.asked.append(given)
        number, said = len(self.server.asked), given["messages"]
        otherwise = [f"What I was going to tell you about my own week is this one: {text}" for text in said]
        if number % 5 == 0:
            otherwise = [*otherwise[:-1], "All is well, nobody needs to look after me at all, I was out with the dog."]
        content = json.dumps({"messages": otherwise[:-1] if number % 7 == 0 else otherwise})
        answer = {"model": "stub-7b", "choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def test_the_endpoint_paraphrases_made_up_words_and_its_answers_are_checked(tmp_path: Path) -> None:
    rows = list(generate(60, 9))
    for row in rows[::2]:
        row["source"] = "real"
        row["conversation"][0]["content"] += " heron"
    service = Service()
    threading.Thread(target=service.serve_forever, daemon=True).start()
    settings = EndpointSettings(base_url=f"{service.origin}/v1", model="stub", private_origins=[service.origin])
    written = Written.beside(tmp_path / "made.jsonl")
    try:
        report = augment(
            originals_in([write(tmp_path / "originals.jsonl", rows)], family=FAMILY),
            written,
            Settings(counts={"paraphrase": 40}, threshold=0.95),
            paraphraser=ModelParaphraser(Endpoint(settings)),
        ).as_dict()
    finally:
        service.shutdown()
        service.server_close()
    assert service.asked and "heron" not in json.dumps(service.asked), "real people's words stay here"
    refused = report["refused"]
    assert refused["no_answer"] == len(service.asked) // 7 and report["adds_up"]
    assert refused.get("crisis_word_lost", 0) + refused.get("signals_changed", 0) > 0, (
        "a message that was lost is missed"
    )
    children = [row for path in written[:2] for row in read(path)]
    by_model = [row for row in children if row["metadata"]["augmentation"]["steps"] == ["paraphrased by stub-7b"]]
    assert by_model and len(by_model) < len(children)
    assert not [
        row
        for row in by_model
        if "out with the dog" in row["conversation"][-1]["content"] and row["crisis_type"] != "none"
    ]


def test_an_endpoint_that_is_not_there_ends_the_run(tmp_path: Path) -> None:
    written = Written.beside(tmp_path / "made.jsonl")
    nowhere = ModelParaphraser(Endpoint(EndpointSettings(model="m")))
    with pytest.raises(RuntimeError, match="No endpoint"):
        augment(
            originals_in([write(tmp_path / "originals.jsonl", generate(5, 1))], family=FAMILY),
            written,
            Settings(counts={"paraphrase": 2}),
            paraphraser=nowhere,
        )
    assert not any(path.exists() for path in written)
