"""Reads a verified release. Training reaches train and val; test opens for a frozen bundle's evaluation alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson

from datasets_app.corpus.manifest import MANIFEST
from datasets_app.corpus.record import ReleaseLine
from datasets_app.corpus.render import Size, render_conversation, size_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES, SPLITS
from datasets_app.corpus.verify import FolderReader, verify_release
from pixelhub.canonical import canonical_json, sha256_hex

from .bundle import FrozenBundle
from .errors import BundleRefused, ReleaseRefused, TestSplitForbidden
from .labels import optional_labels

TEST_SPLIT: Final = "test"
# The confidence of a weak label that is no better than a coin.
UNSURE: Final = 0.5
_DECODER: Final = msgspec.json.Decoder(ReleaseLine)


@dataclass(frozen=True)
class Sample:
    """One labelled conversation as the model reads it; `crisis_type` indexes CRISIS_TYPES, severity is 1-5 or None."""

    record_id: str
    content_hash: str
    text: str
    crisis_type: int
    severity: int | None
    source: str
    is_edge_case: bool
    simulated: bool
    # as record.LabelSourceName: annotators, input, weak, generator
    label_source: str = "annotators"
    confidence: float | None = None
    # of the optional heads, by name (labels.py), and how many of them could not be read
    labels: Mapping[str, float] = field(default_factory=dict)
    unreadable_labels: int = 0
    turns: int = 1
    size: Size = field(default=Size(0, 0))  # as the service would count it
    edge_case_kind: str = ""
    demographics: str = ""
    language: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether a threshold may be chosen by its label: not a weak one on which place and words disagree."""
        return self.label_source != "weak" or self.confidence is None or self.confidence > UNSURE


@dataclass(frozen=True)
class OpenRelease:
    """A release whose bytes were checked against its manifest; made by `release_open` only."""

    folder: Path
    manifest: dict[str, Any]
    manifest_sha256: str

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def test_set_sha256(self) -> str:
        """The identity of the test split: the hash over its files' paths and hashes."""
        files = [[entry["path"], entry["sha256"]] for entry in self._files(TEST_SPLIT)]
        return sha256_hex(canonical_json(files))

    def samples(self, split: str, *, last_messages: int) -> list[Sample]:
        """Return the conversations of train or val. Raises TestSplitForbidden for test, ValueError for another name."""
        return list(self.stream(split, last_messages=last_messages))

    def stream(self, split: str, *, last_messages: int) -> Iterator[Sample]:
        """Yield the conversations of train or val one by one, whatever their number; raises as `samples` does."""
        if split not in SPLITS:
            raise ValueError(f"a release has no split named {split!r}")
        if split == TEST_SPLIT:
            raise TestSplitForbidden("the test split is not opened in training, tuning, stopping or threshold choice")
        return self._read(split, last_messages)

    def rows(self, split: str) -> int:
        """Return how many conversations a split holds, by the manifest."""
        return sum(int(entry["lines"]) for entry in self._files(split))

    def held_out(self, bundle: FrozenBundle) -> list[Sample]:
        """Return the test conversations for a frozen bundle that was trained on this very release.

        Raises BundleRefused for a bundle of another release: its training rows could lie in this test split.
        """
        if bundle.lineage.get("release_manifest_sha256") != self.manifest_sha256:
            raise BundleRefused(
                "the bundle was trained on another release; its training rows may be in this test split"
            )
        return list(self._read(TEST_SPLIT, int(bundle.document["last_messages"])))

    def _files(self, split: str) -> list[dict[str, Any]]:
        return [entry for entry in self.manifest["files"] if entry["split"] == split]

    def _read(self, split: str, last_messages: int) -> Iterator[Sample]:
        for entry in self._files(split):
            digest = hashlib.sha256()
            with (self.folder / entry["path"]).open("rb") as lines:
                for number, raw in enumerate(lines, start=1):
                    digest.update(raw)
                    yield _sample(raw, last_messages, where=f"{entry['path']} line {number}")
            # Hours may lie between the verification and this reading.
            if digest.hexdigest() != entry["sha256"]:
                raise ReleaseRefused(f"{entry['path']} was changed after the release was verified")


def release_open(folder: Path) -> OpenRelease:
    """Return a labelled release after verifying every byte against its manifest.

    Raises ReleaseRefused with the reasons, also for a release with unlabelled conversations (a corpus).
    """
    if not folder.is_dir():
        raise ReleaseRefused("the release folder does not exist")
    report = verify_release(FolderReader(folder))
    if not report.ok:
        raise ReleaseRefused("the release does not verify: " + "; ".join(report.reasons[:3]))
    unlabelled = sum(report.counts["splits"][split]["unlabelled"] for split in SPLITS)
    if unlabelled:
        raise ReleaseRefused(f"{unlabelled} conversations of the release have no label; training needs a labelled one")
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    return OpenRelease(folder, manifest, report.manifest_sha256)


def _sample(raw: bytes, last_messages: int, *, where: str) -> Sample:
    try:
        line = _DECODER.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ReleaseRefused(f"{where}: no line of a release; it was changed after the verification") from problem
    if line.crisis_type is None:
        raise ReleaseRefused(f"{where}: no label")
    messages = [msgspec.to_builtins(message) for message in line.messages]
    text = render_conversation(messages, last=last_messages)
    if not text:
        raise ReleaseRefused(f"{where}: no message of a user or an assistant to read")
    labels, unreadable = optional_labels(line.metadata.origin)
    return Sample(
        record_id=line.id,
        content_hash=line.metadata.content_hash,
        text=text,
        crisis_type=CRISIS_TYPES.index(line.crisis_type),
        severity=line.severity,
        source=line.metadata.source,
        is_edge_case=line.metadata.is_training_edge_case,
        simulated=line.metadata.provenance.simulated,
        label_source=line.label_source,
        confidence=line.confidence,
        labels=labels,
        unreadable_labels=unreadable,
        turns=len(line.messages),
        size=size_of(messages),
        edge_case_kind=line.metadata.edge_case_kind,
        demographics=_told(line.metadata.origin, "demographics"),
        language=_told(line.metadata.origin, "language"),
    )


def _told(origin: dict[str, Any], name: str) -> str:
    """Return what the input said beside the conversation, at the top of a row or in its metadata."""
    given = origin.get("input")
    places = [origin, *([given, given.get("metadata")] if isinstance(given, dict) else [])]
    said = next((place[name] for place in places if isinstance(place, dict) and name in place), "")
    return said if isinstance(said, str) else ""
