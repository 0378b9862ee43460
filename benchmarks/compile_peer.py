"""datatrove on the same file: read, mask e-mail and IP addresses, drop copies, write. In an environment of its own.

    python -m venv PEER && PEER/bin/pip install 'datatrove[processing]==0.10.1' orjson ftfy
    PEER/bin/python benchmarks/compile_peer.py corpus.jsonl OUT [--repair] [--near]

Does less than the engine: two kinds of identifier of nine, no record schema, no splits, no checksums, no manifest; and
no repair of text unless `--repair` asks for its ftfy step, as the engine always does.
Word shingles come from `str.split` in place of its spaCy tokenizer, which makes it faster than it is by default.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any, Final

_BUCKETS: Final = 16


def main() -> None:
    """Run the peer's pipeline once, in one process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--repair", action="store_true", help="mend text that was decoded wrongly")
    parser.add_argument("--near", action="store_true", help="MinHash near-duplicates too")
    options = parser.parse_args()
    shutil.rmtree(options.output, ignore_errors=True)
    for number, steps in enumerate(_pipelines(options)):
        _run(steps, options.output / "logs" / str(number))


def _run(steps: list[Any], logs: Path) -> None:
    from datatrove.executor import LocalPipelineExecutor

    # Its bucket step wants as many tasks as there are buckets; one process takes them in turn.
    tasks = _BUCKETS if "Buckets" in type(steps[0]).__name__ else 1
    LocalPipelineExecutor(pipeline=steps, tasks=tasks, workers=1, logging_dir=str(logs), skip_completed=False).run()


def _pipelines(options: argparse.Namespace) -> list[list[Any]]:
    from datatrove.pipeline.dedup import ExactDedupConfig, ExactDedupFilter, ExactDedupSignature, ExactFindDedups
    from datatrove.pipeline.formatters import FTFYFormatter, PIIFormatter
    from datatrove.pipeline.writers import JsonlWriter

    out, corpus = options.output, options.corpus
    config = ExactDedupConfig(content_getter=_content, only_dedup_in_index=False)
    exact = [
        [_reader(corpus), ExactDedupSignature(str(out / "exact"), config)],
        [ExactFindDedups(str(out / "exact"), str(out / "copies"), config)],
    ]
    filters: list[Any] = [ExactDedupFilter(str(out / "copies"), config)]
    near = _near(corpus, out) if options.near else []
    if options.near:
        filters.append(_near_filter(out))
    formatters = [*([FTFYFormatter()] if options.repair else []), PIIFormatter()]
    writer = JsonlWriter(str(out / "kept"), compression=None)
    return [*exact, *near, [_reader(corpus), *filters, *formatters, writer]]


def _content(document: Any) -> str:
    return str(document.text)


def _near(corpus: Path, out: Path) -> list[list[Any]]:
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, minhash

    minhash.load_word_tokenizer = lambda language: _Words()
    config = _config()
    return [
        [_reader(corpus), minhash.MinhashDedupSignature(str(out / "signatures"), config=config)],
        [MinhashDedupBuckets(str(out / "signatures"), str(out / "buckets"), config=config)],
        [MinhashDedupCluster(str(out / "buckets"), str(out / "remove"), config=config)],
    ]


def _config() -> Any:
    from datatrove.pipeline.dedup import MinhashConfig

    return MinhashConfig(num_buckets=_BUCKETS, hashes_per_bucket=8)


def _near_filter(out: Path) -> Any:
    from datatrove.pipeline.dedup import MinhashDedupFilter

    return MinhashDedupFilter(str(out / "remove"))


def _reader(corpus: Path) -> Any:
    from datatrove.pipeline.readers import JsonlReader

    return JsonlReader(str(corpus.parent), paths_file=None, glob_pattern=corpus.name, adapter=_adapt, compression=None)


def _adapt(_reader: Any, data: dict[str, Any], path: str, id_in_file: int | str) -> dict[str, Any]:
    text = "\n".join(f"{message['role']}: {message['content']}" for message in data["messages"])
    return {"text": text, "id": data.get("id", f"{path}/{id_in_file}"), "metadata": {"type": data["crisis_type"]}}


class _Words:
    def word_tokenize(self, text: str) -> list[str]:
        return text.split()


if __name__ == "__main__":
    main()
