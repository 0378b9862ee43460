"""LitServe as its documentation shows it; `litserve_tuned` has two workers and batches of eight."""

from __future__ import annotations

import sys
from typing import Any

import litserve

from benchmarks.peers import model


class Scorer(litserve.LitAPI):
    """One text at a time."""

    def setup(self, device: str) -> None:
        self.tokenizer, self.session = model.tokenizer(), model.session()

    def decode_request(self, request):  # LitServe would read an annotation as a form of its own
        return model.text_of(request)

    def predict(self, text: str) -> Any:
        return self.session.run(["type_logits"], model.arrays([self.tokenizer.encode(text)]))[0][0]

    def encode_response(self, logits: Any) -> dict[str, Any]:
        return model.answer(logits)


class BatchedScorer(Scorer):
    """Up to eight texts at once."""

    def predict(self, texts: list[str]) -> Any:  # type: ignore[override]
        return self.session.run(["type_logits"], model.arrays(self.tokenizer.encode_batch(texts)))[0]

    def unbatch(self, logits: Any) -> Any:
        return list(logits)


def main(port: int, kind: str) -> None:
    """Serve until stopped."""
    more = {"accelerator": "cpu", "track_requests": False}
    if kind == "litserve_tuned":
        server = litserve.LitServer(BatchedScorer(max_batch_size=8, batch_timeout=0.002), workers_per_device=2, **more)
    else:
        server = litserve.LitServer(Scorer(), **more)
    server.run(port=port, host="127.0.0.1", generate_client_file=False, log_level="error")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
