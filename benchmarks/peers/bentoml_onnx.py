"""BentoML as its documentation shows it, two workers."""

from __future__ import annotations

from typing import Any

import bentoml

from benchmarks.peers import model


@bentoml.service(workers=2, traffic={"timeout": 60}, metrics={"enabled": False})
class Scorer:
    """One text per call."""

    def __init__(self) -> None:
        self.tokenizer, self.session = model.tokenizer(), model.session()

    @bentoml.api
    def infer(self, messages: list[dict[str, Any]], metadata: dict[str, Any]) -> dict[str, Any]:
        encoded = self.tokenizer.encode(model.text_of({"metadata": metadata}))
        return model.answer(self.session.run(["type_logits"], model.arrays([encoded]))[0][0])
