"""What generated text is worth: the product's heads learn from it alone and are asked about real people's words.

    python -m benchmarks.synthesis_real --real ../shared/data/real --half tuning
    python -m benchmarks.synthesis_real synthetic.jsonl --real ../shared/data/real --half reported --json

Each file (and, without any, the first generator and the grammar, 3,000 rows of one seed) is read by the frozen embedded
encoder; three heads of other seeds learn from it as the hub trains them, 85% to learn from and the rest to stop by, and
the mean of their crisis scores is asked about:

- imhi_t_sid: tweets of accounts marked suicide or self-harm against none (weak labels);
- sad: sentences of everyday stress, none of them a crisis, as negatives of those same tweets;
- suicide_watch: posts of r/SuicideWatch against r/teenagers (weak labels), 700 of the half.

**The halves are the default model's** (training_app.default_model.sources.is_held_back): a grammar may be changed by
what the tuning half says; only figures of the reported half go anywhere else. AUC with bootstrap intervals over the
real rows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from datasets_app.corpus.render import render_conversation
from datasets_app.corpus.synthesis import generate, generate_synthetic
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE
from training_app.default_model.sources import is_held_back, words_of
from training_app.learn.config import OptimisationConfig, TrainingConfig
from training_app.learn.encoder import EMBEDDING_SIZE, embed, encoder_load, tokenizer_load, use_threads
from training_app.learn.heads import pooled_layers
from training_app.learn.intervals import bootstrap
from training_app.learn.loop import Split, fit, logits
from training_app.learn.losses import IGNORE_SEVERITY
from training_app.learn.metrics.ranking import auc

HEAD_SEEDS: Final = (1, 2, 3)
LEARN_SHARE: Final = 0.85
LONG_POSTS: Final = 700
SENSITIVITY: Final = 0.95
# The optimisation of the default model's recipe (training_app.default_model.steps), without loading the hub.
CONFIG: Final = TrainingConfig(optimisation=OptimisationConfig(epochs=10, batch_size=64))
NONE: Final = CRISIS_TYPES.index(NONE_TYPE)
GENERATORS: Final[Mapping[str, Callable[[int, int], Iterable[dict[str, Any]]]]] = {
    "first generator": generate,
    "grammar": generate_synthetic,
}


@dataclass(frozen=True)
class Question:
    """Real texts, and which of them are a crisis."""

    name: str
    texts: list[str]
    crisis: NDArray[np.bool_]


class Reader:
    """The frozen encoder; what it made of a text is kept in a folder, if one is given."""

    def __init__(self, kept: Path | None) -> None:
        self._encoder, self._tokenizer = encoder_load(), tokenizer_load(CONFIG.data.max_length)
        self._kept = kept

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Return the pooled states of the texts, float [N, E]."""
        name = hashlib.sha256("\x1e".join(texts).encode()).hexdigest()[:24]
        path = self._kept / f"{name}.npy" if self._kept else None
        if path and path.is_file():
            return torch.from_numpy(np.load(path))
        states = embed(self._encoder, self._tokenizer, texts, batch_size=32, read=pooled_layers)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, states.numpy())
        return states


def questions(real: Path, *, held_back: bool) -> list[Question]:
    """Return what is asked, of one half of the files."""
    tweets, stress, posts = (
        _half(real / f"{name}.jsonl", held_back) for name in ("imhi_t_sid", "sad", "suicide_watch")
    )
    crises = [words_of(row) for row in tweets if row["label"].startswith("suicide")]
    calm = [words_of(row) for row in tweets if row["label"].startswith("no ")]
    stressed = [words_of(row) for row in stress]
    step = len(posts) / LONG_POSTS
    posts = [posts[int(place * step)] for place in range(LONG_POSTS)]
    return [
        _question("imhi_t_sid", crises, calm),
        _question("sad", crises, stressed),
        _question(
            "suicide_watch",
            [words_of(row) for row in posts if row["label"] == "suicide"],
            [words_of(row) for row in posts if row["label"] != "suicide"],
        ),
    ]


def answered(rows: Sequence[Mapping[str, Any]], asked: Sequence[Question], read: Reader) -> dict[str, Any]:
    """Return the figures of heads that learned from the rows alone."""
    states = read([render_conversation(row["conversation"]) for row in rows])
    types = torch.tensor([CRISIS_TYPES.index(row["crisis_type"]) for row in rows])
    severities = torch.tensor([IGNORE_SEVERITY if row["severity"] is None else row["severity"] - 1 for row in rows])
    order = np.random.default_rng(1).permutation(len(rows))
    cut = int(LEARN_SHARE * len(rows))
    parts = [
        Split(states[found], types[found], severities[found], EMBEDDING_SIZE) for found in (order[:cut], order[cut:])
    ]
    heads = [_fitted(parts[0], parts[1], seed) for seed in HEAD_SEEDS]

    def scores(states: torch.Tensor) -> NDArray[np.float64]:
        empty = torch.zeros(len(states), dtype=torch.int64)
        split = Split(states, empty, empty, EMBEDDING_SIZE)
        return np.mean([1 - logits(head, split)[0].softmax(1)[:, NONE].double().numpy() for head in heads], axis=0)

    kept_out, is_crisis = scores(parts[1].embeddings), parts[1].crisis_types.numpy() != NONE
    threshold = float(np.quantile(kept_out[is_crisis], 1 - SENSITIVITY))
    figures: dict[str, Any] = {"rows": len(rows), "generated": {"auc": round(auc(kept_out, is_crisis), 4)}}
    for question in asked:
        found = scores(read([render_conversation([{"role": "user", "content": text}]) for text in question.texts]))
        figures[question.name] = _figures(found, question.crisis, threshold)
    return figures


def _fitted(learn: Split, stop: Split, seed: int) -> Any:
    config = msgspec.structs.replace(CONFIG, optimisation=msgspec.structs.replace(CONFIG.optimisation, seed=seed))
    with tempfile.TemporaryDirectory() as folder:
        return fit(config, learn, stop, folder=Path(folder), run_key=str(seed), emit=lambda _: None).heads


def _figures(scores: NDArray[np.float64], crisis: NDArray[np.bool_], threshold: float) -> dict[str, Any]:
    def area(drawn: NDArray[np.int64]) -> Mapping[str, float]:
        return {"auc": auc(np.repeat(scores, drawn), np.repeat(crisis, drawn))}

    interval = bootstrap(area, crisis.astype(np.int64), seed=1)["auc"]
    return {
        "auc": round(auc(scores, crisis), 4),
        "interval": [round(interval.low, 4), round(interval.high, 4)],
        "crises": int(crisis.sum()),
        "others": int((~crisis).sum()),
        "flagged_of_crises": round(float((scores[crisis] >= threshold).mean()), 3),
        "flagged_of_others": round(float((scores[~crisis] >= threshold).mean()), 3),
    }


def _question(name: str, crises: list[str], others: list[str]) -> Question:
    return Question(name, crises + others, np.arange(len(crises) + len(others)) < len(crises))


def _half(path: Path, held_back: bool) -> list[dict[str, Any]]:
    return [row for row in _rows(path) if is_held_back(row) is held_back and words_of(row).strip()]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> int:
    """Measure and print one JSON line or one table row for each source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, help="annotated samples as JSONL (default: both generators)")
    parser.add_argument("--real", type=Path, required=True, help="folder of the real files")
    parser.add_argument("--half", choices=("tuning", "reported"), required=True)
    parser.add_argument("--count", type=int, default=3000, help="rows of each generator")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--keep", type=Path, help="folder that keeps what the encoder read")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    use_threads(1)
    sources: dict[str, Callable[[], list[dict[str, Any]]]] = {path.name: partial(_rows, path) for path in options.files}
    if not sources:
        sources = {
            name: lambda made=made: list(made(options.count, options.seed))  # type: ignore[misc]
            for name, made in GENERATORS.items()
        }
    asked, read = questions(options.real, held_back=options.half == "reported"), Reader(options.keep)
    for name, rows in sources.items():
        figures = {"source": name, "half": options.half} | answered(rows(), asked, read)
        sys.stdout.write((json.dumps(figures) if options.json else _shown(figures)) + "\n")
        sys.stdout.flush()
    return 0


def _shown(figures: Mapping[str, Any]) -> str:
    lines = [
        f"{figures['source']}: {figures['rows']:,} rows, AUC on its own kept-out rows {figures['generated']['auc']:.3f}"
    ]
    for name, found in figures.items():
        if isinstance(found, Mapping) and "interval" in found:
            low, high = found["interval"]
            lines.append(
                f"  {name:14} AUC {found['auc']:.3f} [{low:.3f}, {high:.3f}] of {found['crises']} crises and "
                f"{found['others']:,} others; hit {found['flagged_of_crises']:.2f}, {found['flagged_of_others']:.2f}"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
