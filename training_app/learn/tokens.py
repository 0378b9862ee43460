"""Tokens on disk: a split is read, rendered and tokenised once, whatever is trained on it later (T2).

    <folder>/<key>/<split>/ids.bin           uint16 or uint32, all conversations one after the other
                           offsets.bin       int64 [N + 1]: conversation i is ids[offsets[i]:offsets[i + 1]]
                           crisis_type.bin   int8 [N], index into CRISIS_TYPES
                           severity.bin      int8 [N], 0..4 or IGNORE_SEVERITY
                           label.<head>.bin  one column per optional head (labels.py)
                           tokens.json       what was read, how, and the SHA-256 of each file above

Raw little-endian arrays and JSON, nothing that could run code when read. They are mapped into memory, so a split of
any size costs what is looked at. The folder of a split appears whole, by rename, or not at all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import orjson
from numpy.typing import NDArray

from datasets_app.corpus.render import RENDERER_VERSION
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

from .data import OpenRelease, Sample
from .encoder import tokenizer_load
from .errors import Stopped
from .files import bytes_write, folder_publish, full_disk_named, locked
from .labels import OPTIONAL_HEADS, empty_column, labelled
from .losses import IGNORE_SEVERITY

FORMAT: Final = "pixelhub.tokens/1"
DOCUMENT: Final = "tokens.json"
CHUNK_ROWS: Final = 1024
_WIDEST_SHORT: Final = 1 << 16

Progressed = Callable[[int, int], None]


@dataclass(frozen=True)
class TokenisedSplit:
    """The tokens and labels of one split; arrays are views of mapped files and read-only.

    ids uint16 or uint32 [all tokens], offsets int64 [N + 1], crisis_types int8 [N], severities int8 [N] in 0..4 or
    IGNORE_SEVERITY, labels by optional head: float32 [N] with NaN, or int16 [N] with NO_CLASS where there is none.
    """

    folder: Path
    ids: NDArray[Any]
    offsets: NDArray[np.int64]
    crisis_types: NDArray[np.int8]
    severities: NDArray[np.int8]
    labels: Mapping[str, NDArray[Any]]
    document: Mapping[str, Any] = field(repr=False)

    def __len__(self) -> int:
        return len(self.crisis_types)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens per conversation, int64 [N]."""
        return np.diff(self.offsets)

    def tokens(self, row: int) -> NDArray[Any]:
        """Return the token ids of one conversation."""
        return self.ids[self.offsets[row] : self.offsets[row + 1]]

    def has_labels(self, head: str) -> int:
        """Return how many conversations have a label of an optional head."""
        return int(self.document["labelled"][head])


def token_key(*, manifest_sha256: str, tokenizer_sha256: str, max_length: int, last_messages: int) -> str:
    """Return the name of the folder that holds one release under one tokenizer and one reading of its texts."""
    return sha256_hex(
        canonical_json([FORMAT, RENDERER_VERSION, manifest_sha256, tokenizer_sha256, max_length, last_messages])
    )


def token_cache(
    release: OpenRelease,
    split: str,
    *,
    tokenizer: Path,
    max_length: int,
    last_messages: int,
    folder: Path,
    on_progress: Progressed = lambda done, total: None,
    stopping: Callable[[], bool] = lambda: False,
) -> TokenisedSplit:
    """Return the tokens of train or val, read from `folder` or made there first, in constant memory.

    `tokenizer` is a tokenizer.json; the last `max_length` tokens of the last `last_messages` messages are kept.
    Processes that ask for the same split at once wait for the first one. A cache that is damaged is made anew.
    `on_progress` gets the rows done and their number. Raises TestSplitForbidden, ReleaseRefused, Stopped, and
    ResourcesExhausted when the disk is full.
    """
    source = release.stream(split, last_messages=last_messages)
    tokenizer_sha256 = sha256_file(tokenizer)
    key = token_key(
        manifest_sha256=release.manifest_sha256,
        tokenizer_sha256=tokenizer_sha256,
        max_length=max_length,
        last_messages=last_messages,
    )
    final = folder / key / split
    found = tokens_open(final)
    if found is not None:
        return found
    total = release.rows(split)
    facts = {
        "format": FORMAT,
        "renderer": RENDERER_VERSION,
        "release_manifest_sha256": release.manifest_sha256,
        "tokenizer_sha256": tokenizer_sha256,
        "max_length": max_length,
        "last_messages": last_messages,
        "split": split,
    }
    cutter = tokenizer_load(max_length, path=tokenizer)
    with (
        full_disk_named("the token cache", "make room, or set compute.cache_dir to another disk"),
        locked(final.with_name(f"{split}.lock"), stopping=stopping),
    ):
        found = tokens_open(final)
        if found is None:
            # Under the lock nobody else writes here: what is unfinished or damaged was left by the dead.
            for left in (*final.parent.glob(f".{split}.*"), final):
                shutil.rmtree(left, ignore_errors=True)
            partial = final.with_name(f".{split}.{os.getpid()}.partial")
            try:
                tokens_write(source, cutter, partial, facts, total=total, on_progress=on_progress, stopping=stopping)
                folder_publish(partial, final)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
            found = tokens_open(final)
    assert found is not None
    return found


def tokens_write(
    source: Iterator[Sample],
    tokenizer: Any,
    partial: Path,
    facts: Mapping[str, Any],
    *,
    total: int = 0,
    on_progress: Progressed = lambda done, total: None,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Write the tokens of conversations into a new folder; `facts` go into its document. Raises Stopped, OSError."""
    partial.mkdir()
    dtype = np.dtype("<u2" if tokenizer.get_vocab_size(with_added_tokens=True) <= _WIDEST_SHORT else "<u4")
    columns = _Columns(partial, dtype)
    try:
        while chunk := list(islice(source, CHUNK_ROWS)):
            encodings = tokenizer.encode_batch_fast([sample.text for sample in chunk])
            columns.add(chunk, [encoding.ids for encoding in encodings])
            on_progress(columns.rows, total)
            if stopping():
                raise Stopped("stopped while the conversations were tokenised; a new start tokenises them again")
    finally:
        columns.close()
    bytes_write(canonical_json({**facts, **columns.facts()}), partial / DOCUMENT)


class _Columns:
    """Appends chunks to the files of a split and counts what they hold."""

    def __init__(self, folder: Path, dtype: np.dtype[Any]) -> None:
        self.rows = 0
        self._tokens = 0
        self._longest = 0
        self._dtype = dtype
        self._unreadable = 0
        self._labelled = dict.fromkeys(OPTIONAL_HEADS, 0)
        names = ("ids", "offsets", "crisis_type", "severity", *(f"label.{head}" for head in OPTIONAL_HEADS))
        self._files = {name: _HashedFile(folder / f"{name}.bin") for name in names}
        self._write("offsets", np.zeros(1, dtype="<i8"))

    def add(self, chunk: list[Sample], token_ids: list[list[int]]) -> None:
        """Append conversations with their tokens."""
        lengths = np.array([len(ids) for ids in token_ids], dtype="<i8")
        self._write("ids", np.concatenate([np.asarray(ids, dtype=self._dtype) for ids in token_ids]))
        self._write("offsets", self._tokens + np.cumsum(lengths))
        self._write("crisis_type", np.array([sample.crisis_type for sample in chunk], dtype="i1"))
        severities = [IGNORE_SEVERITY if sample.severity is None else sample.severity - 1 for sample in chunk]
        self._write("severity", np.array(severities, dtype="i1"))
        for head in OPTIONAL_HEADS:
            column = empty_column(head, len(chunk))
            for row, sample in enumerate(chunk):
                if head in sample.labels:
                    column[row] = sample.labels[head]
            self._labelled[head] += int(labelled(head, column).sum())
            self._write(f"label.{head}", column.astype(column.dtype.newbyteorder("<")))
        self.rows += len(chunk)
        self._tokens += int(lengths.sum())
        self._longest = max(self._longest, int(lengths.max()))
        self._unreadable += sum(sample.unreadable_labels for sample in chunk)

    def close(self) -> None:
        """Put the files on the disk."""
        for file in self._files.values():
            file.close()

    def facts(self) -> dict[str, Any]:
        """Return what the document states, after `close`."""
        return {
            "rows": self.rows,
            "tokens": self._tokens,
            "longest": self._longest,
            "dtype": self._dtype.name,
            "labelled": self._labelled,
            "unreadable_labels": self._unreadable,
            "files": {name: {"bytes": file.bytes, "sha256": file.sha256} for name, file in self._files.items()},
        }

    def _write(self, name: str, values: NDArray[Any]) -> None:
        self._files[name].write(values.tobytes())


class _HashedFile:
    """A new file that is hashed while it is written."""

    def __init__(self, path: Path) -> None:
        self._stream: BinaryIO = path.open("xb")
        self._digest = hashlib.sha256()
        self.bytes = 0

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._digest.update(data)
        self.bytes += len(data)

    def close(self) -> None:
        with self._stream:
            self._stream.flush()
            os.fsync(self._stream.fileno())

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def tokens_open(folder: Path) -> TokenisedSplit | None:
    """Return the split of a folder after checking every byte, None when it is missing or not whole."""
    try:
        document = orjson.loads((folder / DOCUMENT).read_bytes())
        for name, expected in document["files"].items():
            path = folder / f"{name}.bin"
            if path.stat().st_size != expected["bytes"] or sha256_file(path) != expected["sha256"]:
                return None
        return TokenisedSplit(
            folder=folder,
            ids=_mapped(folder, "ids", document["dtype"]),
            offsets=_mapped(folder, "offsets", "int64"),
            crisis_types=_mapped(folder, "crisis_type", "int8"),
            severities=_mapped(folder, "severity", "int8"),
            labels={head: _mapped(folder, f"label.{head}", empty_column(head, 0).dtype) for head in OPTIONAL_HEADS},
            document=document,
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError):
        return None


def _mapped(folder: Path, name: str, dtype: Any) -> NDArray[Any]:
    stored = np.dtype(dtype).newbyteorder("<")
    path = folder / f"{name}.bin"
    if not path.stat().st_size:
        return np.empty(0, dtype=stored)
    mapped: NDArray[Any] = np.memmap(path, dtype=stored, mode="r")
    return mapped
