"""How a large release reaches training: rows, seconds, peak memory and bytes on disk (T2).

    nice python -m benchmarks.training_data --records 60000 608458 --folder FOLDER

Each release is made of generated conversations (benchmarks/corpus.py, no copies) by the product's own compile, which
splits 608,458 into 425,920, 91,268 and 91,270. Then one process opens it (every byte verified), tokenises train and
val into the cache, opens the cache again and walks through an epoch of batches. Memory is read from /proc per step:
what is the process's own ("anonymous"), and all that was resident, pages of the mapped cache included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from benchmarks.corpus import conversations

MIB: Final = 1 << 20
STATUS: Final = Path("/proc/self/status")
CLEAR_PEAK: Final = Path("/proc/self/clear_refs")


def distinct(count: int, seed: int) -> Iterator[bytes]:
    """Yield `count` conversations that differ in what is said."""
    seen: set[bytes] = set()
    for line in conversations(count * 2, seed):
        said = hashlib.blake2b(orjson.dumps(orjson.loads(line)["messages"]), digest_size=12).digest()
        if said not in seen:
            seen.add(said)
            yield line
        if len(seen) == count:
            return


def strung(count: int, seed: int, joined: int) -> Iterator[bytes]:
    """Yield conversations made of `joined` generated ones each, labelled as the last of them."""
    lines = distinct(count * joined, seed)
    for number, group in enumerate(zip(*[lines] * joined, strict=True)):
        rows = [orjson.loads(line) for line in group]
        messages = [message for row in rows for message in row["messages"]]
        yield orjson.dumps({**rows[-1], "id": f"s{number}", "messages": messages}) + b"\n"


def compiled(count: int, folder: Path, seed: int, *, joined: int = 1) -> Path:
    """Return a release of so many labelled conversations, made now unless it is there.

    Each is `joined` generated ones strung together: longer texts.
    """
    name = f"{count}" if joined == 1 else f"{count}-of-{joined}"
    release = folder / f"release-{name}"
    if (release / "manifest.json").is_file():
        return release
    source = folder / f"source-{name}.jsonl"
    with source.open("wb", buffering=MIB) as sink:
        sink.writelines(distinct(count, seed) if joined == 1 else strung(count, seed, joined))
    said = ["--source", "synthetic", "--family", "edge_case_synthetic", "--near-duplicates", "off", "--json"]
    command = [sys.executable, "-m", "datasets_app.corpus", "compile", str(source), "--output", str(release), *said]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    source.unlink()
    return release


def memory() -> tuple[float, float]:
    """Return MiB: the process's own memory now, and the most that was resident since the peak was cleared."""
    facts = dict(line.split(":", 1) for line in STATUS.read_text().splitlines())
    return int(facts["RssAnon"].split()[0]) / 1024, int(facts["VmHWM"].split()[0]) / 1024


def load(release_folder: Path, cache: Path, max_length: int, batch_size: int) -> dict[str, Any]:
    """Open, tokenise, open again and read one epoch; return a figure per step."""
    from training_app.learn.batches import batch_tensors, epoch_batches
    from training_app.learn.data import release_open
    from training_app.learn.encoder import encoder_folder, use_threads
    from training_app.learn.tokens import token_cache

    use_threads(1)
    found: dict[str, Any] = {"start": {"own_mb": round(memory()[0])}}

    def step(name: str, act: Callable[[], Any]) -> Any:
        CLEAR_PEAK.write_text("5")
        started, cpu = time.perf_counter(), time.process_time()
        result = act()
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        own, peak = memory()
        figures = {"seconds": seconds, "cpu_seconds": cpu}
        found[name] = {name: round(value, 1) for name, value in figures.items()}
        found[name] |= {"own_mb": round(own), "peak_mb": round(peak)}
        return result

    def cached(split: str) -> Any:
        return token_cache(
            release,
            split,
            tokenizer=encoder_folder() / "tokenizer.json",
            max_length=max_length,
            last_messages=10,
            folder=cache,
        )

    def epoch() -> tuple[int, int]:
        order = epoch_batches(train.lengths, batch_size=batch_size, seed=1, epoch=1)
        real = padded = 0
        for batch in batch_tensors(train, order, pad_id=0):
            real += int(batch.attention_mask.sum())
            padded += batch.input_ids.numel()
        return real, padded

    release = step("verify", lambda: release_open(release_folder))
    train = step("tokenise train", lambda: cached("train"))
    val = step("tokenise val", lambda: cached("val"))
    train = step("open the cache", lambda: cached("train"))
    real, padded = step("one epoch of batches", epoch)
    found["rows"] = {"train": len(train), "val": len(val), "test": release.rows("test")}
    found["tokens"] = {"train": real, "padding_share": round(1 - real / padded, 4)}
    found["cache_mb"] = round(sum(path.stat().st_size for path in cache.rglob("*") if path.is_file()) / MIB)
    found["release_mb"] = round(sum(path.stat().st_size for path in release_folder.rglob("*.jsonl")) / MIB)
    return found


def main() -> int:
    """Make the releases, load each in a process of its own, and print a table and the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, nargs="+", default=[60_000, 608_458])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=512)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--load", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        cache = options.folder / f"cache-{options.load.name}"
        print(json.dumps(load(options.load, cache, options.max_length, options.batch_size)))
        return 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for count in options.records:
        release = compiled(count, options.folder, options.seed)
        asked = ["--max-length", str(options.max_length), "--batch-size", str(options.batch_size)]
        command = [sys.executable, "-m", "benchmarks.training_data", "--folder", str(options.folder), *asked]
        answer = subprocess.run([*command, "--load", str(release)], check=True, capture_output=True, text=True).stdout
        report(json.loads(answer))
    return 0


def report(found: dict[str, Any]) -> None:
    """Print one release's figures."""
    print(json.dumps(found))
    rows = found["rows"]
    print(f"train {rows['train']:,}, val {rows['val']:,}, test {rows['test']:,} (closed)")
    print(f"{'':24}{'seconds':>9}{'CPU s':>9}{'own MB':>9}{'peak MB':>9}")
    for name, figures in found.items():
        if isinstance(figures, dict) and "peak_mb" in figures:
            print(f"{name:24}" + "".join(f"{value:>9}" for value in figures.values()))
    print(f"release {found['release_mb']} MB, cache {found['cache_mb']} MB, {found['tokens']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
