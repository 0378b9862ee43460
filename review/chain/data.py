"""Links from a release to its snapshots and labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse

from datasets_app.corpus.verify import verify_release
from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from datasets_app.services import StoreReader
from pixelhub.canonical import sha256_hex
from pixelhub.objects import ObjectNotFound, get_store
from review.chain.link import Link, checked
from review.chain.model import bundle_lineage
from training_app.models import ModelVersion

__all__ = ["labels_link", "release_link", "snapshot_links", "training_hashes"]

#: Of many problems of one kind the first few say enough.
MOST_SHOWN = 5
_COMPARED = ("crisis_type", "severity", "confidence", "is_edge_case", "edge_case_kind", "decided_by", "annotations")


def release_link(release: Release, version: ModelVersion) -> Link:
    """The release's bytes against its manifest, and the manifest against the row and the bundle's lineage."""
    report = verify_release(
        StoreReader(get_store(), release.object_prefix), manifest_sha256=release.manifest_sha256 or None
    )
    problems = list(report.reasons[:MOST_SHOWN])
    if bundle_lineage(version).get("release_manifest_sha256") != release.manifest_sha256:
        problems.append("the bundle was trained on another manifest")
    splits = report.counts.get("splits", {})
    facts = [
        ("Release", release.version),
        ("Manifest", release.manifest_sha256),
        *((f"Records in {name}", f"{split['total']:,}") for name, split in splits.items()),
    ]
    return checked(
        "release", "Dataset release", problems, facts, url=reverse("datasets:release_detail", args=[release.pk])
    )


def snapshot_links(snapshots: Sequence[LabelSnapshot]) -> list[Link]:
    """Each label snapshot: its stored bytes against the digest it was published under."""
    if not snapshots:
        return [checked("snapshot", "Label snapshot", ["the release names no label snapshot"], [])]
    return [_snapshot_link(snapshot) for snapshot in snapshots]


def _snapshot_link(snapshot: LabelSnapshot) -> Link:
    problems = []
    data = _stored(snapshot)
    if data is None:
        problems.append("its stored file is missing")
    elif sha256_hex(data) != snapshot.sha256:
        problems.append("its stored bytes are not those that were published")
    facts = [
        ("Snapshot", f"{snapshot.number}: {snapshot.name}"),
        ("Digest", snapshot.sha256),
        ("Labels", f"{snapshot.labels_count:,}{' by simulated annotators' if snapshot.simulated else ''}"),
        ("Rounds", ", ".join(str(number) for number in snapshot.origin.get("rounds", []))),
    ]
    url = reverse("datasets:snapshot_detail", args=[snapshot.pk])
    return checked("snapshot", "Label snapshot", problems, facts, url=url)


def labels_link(snapshots: Sequence[LabelSnapshot]) -> Link:
    """Every label row against its line in the published snapshot."""
    problems: list[str] = []
    counts: Counter[str] = Counter()
    for snapshot in snapshots:
        lines = {line["content_hash"]: (line, digest) for line, digest in _lines(_stored(snapshot) or b"")}
        labels = SnapshotLabel.objects.filter(snapshot=snapshot).select_related("record")
        rows = 0
        for label in labels.iterator(chunk_size=1000):
            rows += 1
            counts[label.crisis_type] += 1
            line, digest = lines.get(label.record.content_hash, ({}, ""))
            if digest != label.label_sha256 or any(line.get(name) != getattr(label, name) for name in _COMPARED):
                problems.append(f"label {label.pk} is not the one that was published")
        if rows != snapshot.labels_count:
            problems.append(
                f"snapshot {snapshot.number} has {rows:,} labels, not the {snapshot.labels_count:,} published"
            )
    facts = [("Labels", f"{counts.total():,}"), *((kind, f"{count:,}") for kind, count in counts.most_common())]
    return checked("labels", "Labels", problems[:MOST_SHOWN], facts, url=reverse("datasets:snapshots"))


def training_hashes(release: Release) -> set[str]:
    """The content hashes of the records that the model was trained on, from the release's own shards."""
    reader = StoreReader(get_store(), release.object_prefix)
    hashes: set[str] = set()
    for name in reader.names():
        if name.startswith("shards/train/"):
            with reader.open(name) as stream:
                hashes.update(line["metadata"]["content_hash"] for line, _ in _lines(stream.read()))
    return hashes


def _stored(snapshot: LabelSnapshot) -> bytes | None:
    try:
        return get_store().read(snapshot.object_key)
    except ObjectNotFound:
        return None


def _lines(data: bytes) -> Iterator[tuple[dict[str, Any], str]]:
    """Parsed lines with the SHA-256 of their bytes; a line that is no JSON object is passed over and so is missed."""
    for raw in data.splitlines():
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line, sha256_hex(raw)
