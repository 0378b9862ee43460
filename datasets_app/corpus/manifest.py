"""Writes a release: shards, datasheet and manifest, byte-identical for equal inputs (D10).

    shards/{train,val,test}/part-00000.jsonl   lines of record.ReleaseLine, sorted by content hash
    README.md                                  the datasheet
    croissant.json                             metadata that other tools read
    manifest.json                              hashes, counts, parameters; canonical JSON with its own hash

There is no timestamp in any of them: the same snapshots, records and seed give the same bytes on any machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from pixelhub.canonical import canonical_json, sha256_hex

from . import taxonomy
from .counts import ReleaseCounts
from .croissant import CROISSANT, croissant
from .datasheet import datasheet
from .gates import release_gates
from .record import SCHEMA_VERSION

FORMAT: Final = "pixelhub.release/1"
CODE_VERSION: Final = "datasets_app.corpus/1"
MANIFEST: Final = "manifest.json"
README: Final = "README.md"
SHARD_LINES: Final = 5_000


class _ShardWriter:
    """Writes the lines of one split into numbered files and hashes them on the way."""

    def __init__(self, root: Path, split: str, shard_lines: int, stack: ExitStack) -> None:
        self._root, self._split, self._limit, self._stack = root, split, shard_lines, stack
        self._stream: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self.files: list[dict[str, Any]] = []

    def write(self, line: Mapping[str, Any]) -> None:
        if self._stream is None or self.files[-1]["lines"] >= self._limit:
            self._open()
        data = orjson.dumps(line, option=orjson.OPT_SORT_KEYS) + b"\n"
        assert self._stream is not None
        self._stream.write(data)
        self._digest.update(data)
        entry = self.files[-1]
        entry["lines"] += 1
        entry["bytes"] += len(data)
        entry["sha256"] = self._digest.hexdigest()

    def _open(self) -> None:
        if self._stream is not None:
            self._stream.close()
        name = shard_name(self._split, len(self.files))
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self._stack.enter_context(path.open("wb"))
        self._digest = hashlib.sha256()
        self.files.append(file_entry(name, self._split))


def shard_name(split: str, number: int) -> str:
    """Return the path of a shard within its release."""
    return f"shards/{split}/part-{number:05d}.jsonl"


def file_entry(path: str, split: str = "", lines: int = 0, size: int = 0, sha256: str = "") -> dict[str, Any]:
    """Return what the manifest states of a file; `split` and `lines` of a shard only."""
    return {"path": path, "split": split, "lines": lines, "bytes": size, "sha256": sha256}


def write_release(
    root: Path,
    lines: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    project: str,
    version: str,
    params: Mapping[str, Any],
    snapshots: list[dict[str, Any]],
    edge_cases_expected: int,
    shard_lines: int = SHARD_LINES,
) -> dict[str, Any]:
    """Write a release into an empty folder and return its manifest.

    `lines` yields (split, release line) in the order of content hashes. `edge_cases_expected` is the number of edge
    cases in the snapshots: the release must hold exactly as many. Raises ValueError when `lines` is not in order.
    """
    counts = ReleaseCounts()
    previous = ""
    with ExitStack() as stack:
        writers = {split: _ShardWriter(root, split, shard_lines, stack) for split in taxonomy.SPLITS}
        for split, line in lines:
            content = line["metadata"]["content_hash"]
            if content <= previous:
                raise ValueError("lines must come in the order of their content hashes, each once")
            previous = content
            writers[split].write(line)
            counts.add(split, line)
    return seal_release(
        root,
        [entry for split in taxonomy.SPLITS for entry in writers[split].files],
        counts,
        project=project,
        version=version,
        params={**params, "shard_lines": shard_lines},
        snapshots=snapshots,
        edge_cases_expected=edge_cases_expected,
    )


def seal_release(
    root: Path,
    shards: list[dict[str, Any]],
    counts: ReleaseCounts,
    *,
    project: str,
    version: str,
    params: Mapping[str, Any],
    snapshots: list[dict[str, Any]],
    edge_cases_expected: int,
    facts: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Judge the gates, write datasheet and Croissant beside the shards, the manifest last, and return it.

    `shards` are the entries of the files that are written already. `facts` are further sections of the manifest
    (intake, inputs, parent); like everything in it they must not depend on the order or the place of the input.
    """
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "schema": SCHEMA_VERSION,
        "code_version": CODE_VERSION,
        "project": project,
        "version": version,
        "params": dict(params),
        "snapshots": snapshots,
        "counts": counts.as_dict(),
        "edge_cases": {
            "in_snapshots": edge_cases_expected,
            "in_release": counts.edge_cases,
            "sha256": counts.edge_digest(),
        },
        "gates": release_gates(counts, edge_cases_expected, params),
        **(facts or {}),
    }
    files = list(shards)
    sheet = datasheet(manifest).encode("utf-8")
    files.append(_write(root, README, sheet))
    files.append(_write(root, CROISSANT, croissant(manifest, sorted(files, key=lambda entry: entry["path"]))))
    manifest["files"] = sorted(files, key=lambda entry: entry["path"])
    manifest["sha256"] = manifest_digest(manifest)
    (root / MANIFEST).write_bytes(canonical_json(manifest))
    return manifest


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """Return the hash of the whole release: of the manifest without its own `sha256` field."""
    return sha256_hex(canonical_json({key: value for key, value in manifest.items() if key != "sha256"}))


def _write(root: Path, name: str, data: bytes) -> dict[str, Any]:
    (root / name).write_bytes(data)
    return file_entry(name, size=len(data), sha256=sha256_hex(data))
