"""Compares two releases from their bytes: what was added, removed, moved to another split or labelled otherwise.

A record that was trained on and is now tested is contamination: an old model would be graded on what it knows. So is a
near-duplicate of one. Memory: 34 bytes per record and release; examples are content hashes, never words.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from . import taxonomy
from .inspection import lines_of
from .ledger import RecordLedger, digest_name, label_of
from .manifest import MANIFEST
from .near import BandSpill, confirmed
from .record import ReleaseLine
from .verify import NEAR_DUPLICATE_THRESHOLD, ReleaseReader

FORMAT: Final = "pixelhub.comparison/1"
MAX_EXAMPLES: Final = 20
_DECODER: Final = msgspec.json.Decoder(ReleaseLine)
_TEST: Final = taxonomy.SPLITS.index("test")
_OLD, _NEW = 0, 1


class NotARelease(ValueError):
    """There is no readable release here."""


@dataclass(frozen=True)
class _Side:
    """One of the two releases, read once."""

    reader: ReleaseReader
    manifest: Mapping[str, Any]
    ledger: RecordLedger

    def lines(self, splits: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """Yield the lines of some splits, in the order of the manifest's files."""
        for entry in _shards(self.manifest):
            if entry["split"] in splits:
                yield from _lines(self.reader, entry["path"])


def compare_releases(
    old: ReleaseReader, new: ReleaseReader, *, near_duplicates: bool = True, threshold: float = NEAR_DUPLICATE_THRESHOLD
) -> dict[str, Any]:
    """Return what differs between two releases, plain JSON.

    `near_duplicates` also searches the new test split for near-duplicates of what the old release trained on.
    Raises NotARelease when a manifest or a line cannot be read; verify a release first where in doubt.
    """
    before, after = _read(old), _read(new)
    rows, others = before.ledger.rows(), after.ledger.rows()
    common, at, there = np.intersect1d(_digests(rows), _digests(others), assume_unique=False, return_indices=True)
    kept, now = rows[at], others[there]
    moved, relabelled = kept["split"] != now["split"], kept["label"] != now["label"]
    contaminated = (kept["split"] != _TEST) & (now["split"] == _TEST)
    return {
        "format": FORMAT,
        "old": _facts(before),
        "new": _facts(after),
        "kept": len(common),
        "added": _examples(others, np.setdiff1d(np.arange(len(others)), there)),
        "removed": _examples(rows, np.setdiff1d(np.arange(len(rows)), at)),
        "moved": _examples(now, np.flatnonzero(moved)) | {"ways": _ways(kept["split"], now["split"], moved, _split)},
        "relabelled": _examples(now, np.flatnonzero(relabelled))
        | {"ways": _ways(kept["label"], now["label"], relabelled, label_of)},
        "counts": _count_changes(before.manifest["counts"], after.manifest["counts"]),
        "gates": _gate_changes(before.manifest, after.manifest),
        "contamination": {
            "trained_before_tested_now": _examples(now, np.flatnonzero(contaminated)),
            "near_duplicates": _near(before, after, threshold) if near_duplicates else None,
            "threshold": threshold,
        },
    }


def _read(reader: ReleaseReader) -> _Side:
    try:
        with reader.open(MANIFEST) as stream:
            manifest = json.loads(stream.read())
        ledger = RecordLedger()
        side = _Side(reader, manifest, ledger)
        for entry in _shards(manifest):
            for line in _lines(reader, entry["path"]):
                ledger.add(entry["split"], line)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotARelease(f"no readable release: {type(error).__name__}") from None
    return side


def _shards(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [entry for entry in manifest["files"] if entry["split"] in taxonomy.SPLITS]


def _lines(reader: ReleaseReader, name: str) -> Iterator[Mapping[str, Any]]:
    with reader.open(name) as stream:
        for raw in lines_of(stream):
            yield msgspec.to_builtins(_DECODER.decode(raw))


def _digests(rows: np.ndarray) -> np.ndarray:
    """The digests as bytes of fixed length (numpy's text types would drop zeros at the end)."""
    pair = np.stack([rows["high"].astype(">u8"), rows["low"].astype(">u8")], axis=1)
    return np.ascontiguousarray(pair).view("V16").ravel()


def _facts(side: _Side) -> dict[str, Any]:
    manifest = side.manifest
    return {
        "project": str(manifest.get("project", "")),
        "version": str(manifest.get("version", "")),
        "sha256": str(manifest.get("sha256", "")),
        "records": len(side.ledger),
        "splits": {split: manifest["counts"]["splits"][split]["total"] for split in taxonomy.SPLITS},
    }


def _examples(rows: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    names = sorted(digest_name(rows[index]) for index in chosen[:MAX_EXAMPLES])
    return {"count": len(chosen), "examples": names}


def _split(code: int) -> str:
    return taxonomy.SPLITS[code]


def _ways(before: np.ndarray, after: np.ndarray, chosen: np.ndarray, name: Any) -> dict[str, int]:
    """Count changes by what became what, the most frequent first."""
    found = Counter(zip(before[chosen].tolist(), after[chosen].tolist(), strict=True))
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    return {f"{name(was)} → {name(now)}": count for (was, now), count in ordered}


def _count_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each cell of split by type, source, family or stage whose count differs."""
    found = []
    for split in taxonomy.SPLITS:
        for kind in ("types", "sources", "families", "stages"):
            was, now = old["splits"][split].get(kind, {}), new["splits"][split].get(kind, {})
            for name in sorted(set(was) | set(now)):
                if was.get(name, 0) != now.get(name, 0):
                    found.append(
                        {"split": split, "kind": kind, "name": name, "old": was.get(name, 0), "new": now.get(name, 0)}
                    )
    return found


def _gate_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    before = {gate["gate"]: gate["passed"] for gate in old.get("gates", [])}
    after = {gate["gate"]: gate["passed"] for gate in new.get("gates", [])}
    names = list(dict.fromkeys([*after, *before]))
    return [{"gate": name, "old": before.get(name), "new": after.get(name)} for name in names]


def _near(before: _Side, after: _Side, threshold: float) -> dict[str, Any]:
    """Search the new test split for near-duplicates of the old train and validation splits."""
    from .dedup.minhash import text_of

    spill = BandSpill()

    def everything() -> Iterator[tuple[int, Mapping[str, Any]]]:
        for line in before.lines(("train", "val")):
            yield _OLD, line
        for line in after.lines(("test",)):
            yield _NEW, line

    try:
        for side, line in everything():
            spill.add(side, text_of(line["messages"]))
        pairs = spill.candidates()
    finally:
        spill.close()
    wanted = {ordinal for pair in pairs for ordinal in pair}
    texts, hashes = {}, {}
    for ordinal, (_, line) in enumerate(everything()):
        if ordinal in wanted:
            texts[ordinal], hashes[ordinal] = text_of(line["messages"]), line["metadata"]["content_hash"]
    # The very same record on both sides is counted as such above.
    found = [
        (hashes[first], hashes[second])
        for first, second, _ in confirmed(pairs, lambda _: texts, threshold)
        if hashes[first] != hashes[second]
    ]
    names = sorted({tested for _, tested in found})
    return {"pairs": len(found), "tested": len(names), "examples": names[:MAX_EXAMPLES], "complete": not spill.cut}
