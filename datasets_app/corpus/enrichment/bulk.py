"""The scores of a whole release, in parts: a part is a stretch of a shard, done by one worker, there or not there.

    OUT/parts-KEY/<shard>.<first line>.jsonl   done parts; the key names release, rules and heads, so that nothing mixes
    OUT/scores.jsonl                           all lines in the order of the release
    OUT/scores.json                            what they are of, by what, the report
    OUT/.lock                                  held by the run that writes here; the kernel lets go of it

A killed run leaves whole parts and goes on from there; parts are deleted once the whole is there. Scores that are there
already, whole and of the same release, rules and heads, are not made again. Constant memory: a worker holds one part.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus.engine.executors import Executor
from datasets_app.corpus.engine.layout import write_atomically
from datasets_app.corpus.inspection import lines_of
from datasets_app.corpus.manifest import MANIFEST
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

from .heads import Heads
from .report import Totals
from .units import Encoder, Turns

FORMAT: Final = "pixelhub.enrichment/1"
SCORES, DOCUMENT, LOCK = "scores.jsonl", "scores.json", ".lock"
#: The worker of releases that are scored by rules alone.
BY_RULES: Final = "datasets_app.corpus.enrichment.bulk:rules_part"
PART_LINES: Final = 512


class EnrichmentStopped(Exception):
    """Stopped on request; what is done is kept."""


class OutBusy(Exception):
    """Another run writes to the same place."""


class Part(msgspec.Struct, frozen=True):
    """A stretch of a shard from byte `offset` and where its scores go. `heads` is a folder, "" for rules alone."""

    shard: str
    offset: int
    lines: int
    target: str
    heads: str = ""


class Done(msgspec.Struct, frozen=True):
    """What a part took: seconds that one core computed."""

    lines: int
    seconds: float


@dataclass(frozen=True)
class Enriched:
    """What a run did. `resumed` lines were there already; the rate is of the others, per core's second of computing."""

    document: dict[str, Any]
    lines: int
    resumed: int
    seconds: float
    rate_per_core: float | None


def enrich(
    release: Path,
    out: Path,
    *,
    executor: Executor,
    worker: str = BY_RULES,
    heads_folder: Path | None = None,
    heads_sha256: str = "",
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Enriched:
    """Score every line of a release in a folder.

    Raises EnrichmentStopped, OutBusy while another run writes to `out`, and ValueError for what cannot be read.
    """
    # Imported where it is used, here and below: compiling the rules takes a second, and pages need none of it.
    from .scores import RULES_VERSION

    started = time.monotonic()
    manifest = json.loads((release / MANIFEST).read_bytes())
    of = {
        "manifest_sha256": sha256_file(release / MANIFEST),
        "rules_version": RULES_VERSION,
        "heads_sha256": heads_sha256,
    }
    with _alone(out):
        known = _finished(out, of)
        if known is not None:
            progress(known["records"], known["records"])
            return Enriched(known, known["records"], known["records"], time.monotonic() - started, None)
        folder = out / f"parts-{sha256_hex(canonical_json(of))[:16]}"
        folder.mkdir(exist_ok=True)
        parts = list(_parts(release, manifest, folder, str(heads_folder or "")))
        waiting = [part for part in parts if not Path(part.target).is_file()]
        total = sum(part.lines for part in parts)
        resumed = done = total - sum(part.lines for part in waiting)
        progress(done, total)
        spent = 0.0
        for _, answer in executor.run(worker, [msgspec.json.encode(part) for part in waiting]):
            found = msgspec.json.decode(answer, type=Done)
            done, spent = done + found.lines, spent + found.seconds
            progress(done, total)
            if cancelled():
                raise EnrichmentStopped
        totals = _joined(parts, out / SCORES)
        document = {
            "format": FORMAT,
            **of,
            "version": manifest.get("version"),
            "records": total,
            "scores_sha256": sha256_file(out / SCORES),
            "report": totals.report(),
        }
        write_atomically(out / DOCUMENT, [canonical_json(document), b"\n"])
        shutil.rmtree(folder)
    rate = round((done - resumed) / spent, 1) if spent else None
    return Enriched(document, total, resumed, time.monotonic() - started, rate)


def rules_part(task: bytes) -> bytes:
    """Score a part by rules alone."""
    return scored_part(task, None, None)


def scored_part(task: bytes, encoder: Encoder | None, heads: Heads | None) -> bytes:
    """Score the lines of a part with what is given, and publish its file."""
    from .scores import line_scores, texts_of

    started = time.process_time()
    part = msgspec.json.decode(task, type=Part)
    with Path(part.shard).open("rb") as stream:
        stream.seek(part.offset)
        lines = [msgspec.json.decode(raw) for raw in islice(stream, part.lines)]
    turns = None if encoder is None else Turns([text for line in lines for text in texts_of(line)], encoder)
    scored = (canonical_json(line_scores(line, turns, heads)) + b"\n" for line in lines)
    write_atomically(Path(part.target), scored)
    return msgspec.json.encode(Done(len(lines), time.process_time() - started))


def scores_in(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a file of scores."""
    with path.open("rb") as stream:
        for raw in lines_of(stream):
            yield msgspec.json.decode(raw)


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the lock of a place for scores. Raises OutBusy."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OutBusy(f"another run is writing scores to {out}; wait for it or choose another place") from None
        yield


def _finished(out: Path, of: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return scores.json where whole scores of the same release, rules and heads are there, else None."""
    try:
        document: dict[str, Any] = msgspec.json.decode((out / DOCUMENT).read_bytes())
        whole = document["scores_sha256"] == sha256_file(out / SCORES)
    except (OSError, msgspec.DecodeError, KeyError, TypeError):
        return None
    same = document.get("format") == FORMAT and of.items() <= document.items()
    return document if whole and same else None


def _parts(release: Path, manifest: Mapping[str, Any], folder: Path, heads: str) -> Iterator[Part]:
    for entry in manifest["files"]:
        if entry["split"]:
            shard, name = release / entry["path"], entry["path"].replace("/", "_")
            for first, (offset, lines) in _stretches(shard, entry["lines"]).items():
                target = str(folder / f"{name}.{first}.jsonl")
                yield Part(shard=str(shard), offset=offset, lines=lines, target=target, heads=heads)


def _stretches(shard: Path, lines: int) -> dict[int, tuple[int, int]]:
    """Return byte and lines of each part of a shard by its first line. Raises ValueError unless it has `lines`."""
    found: dict[int, tuple[int, int]] = {}
    offset = number = 0
    with shard.open("rb") as stream:
        for number, raw in enumerate(stream, start=1):
            if (number - 1) % PART_LINES == 0:
                found[number - 1] = offset, min(PART_LINES, lines - number + 1)
            offset += len(raw)
    if number != lines:
        raise ValueError("a shard has not the lines that its manifest says")
    return found


def _joined(parts: list[Part], target: Path) -> Totals:
    """Join the parts into one file that is whole or absent, and sum up its lines."""
    totals = Totals()
    partial = target.with_name(f".{target.name}.partial")
    with partial.open("wb") as sink:
        for part in parts:
            with Path(part.target).open("rb") as stream:
                for raw in lines_of(stream):
                    sink.write(raw + b"\n")
                    totals.add(msgspec.json.decode(raw))
    partial.replace(target)
    return totals
