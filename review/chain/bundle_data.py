"""The data's part of an evidence bundle: release, label snapshots and annotations, by hash, without a word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from annotation.models import Annotation
from datasets_app.models import LabelSnapshot, Release, SnapshotLabel
from pixelhub.canonical import canonical_json, sha256_hex
from pixelhub.objects import ObjectNotFound, get_store
from review.chain.derived import parent_key
from review.refusal import Refused
from training_app.models import ModelVersion

__all__ = ["data_files"]

_FETCH = 500


def data_files(version: ModelVersion) -> dict[str, bytes]:
    """Manifest, a line per record of the release, the published snapshots, a line per annotation. Raises Refused."""
    release, store = version.release, get_store()
    try:
        manifest = store.read(f"{release.object_prefix}manifest.json")
    except ObjectNotFound:
        raise Refused(f"The manifest of release {release.version} is missing in the object store.") from None
    files = {"release/manifest.json": manifest, "release/records.jsonl": b"".join(_records(release, manifest))}
    snapshots = {f"labels/snapshot-{each.number:04d}.jsonl": _snapshot(each) for each in release.snapshots.all()}
    files |= snapshots
    labels = [raw for data in snapshots.values() for raw in data.splitlines()]
    if parents := _parents(labels):
        files["labels/parents.jsonl"] = b"".join(raw + b"\n" for raw in parents)
    annotations = {each["id"] for each in _references([*labels, *parents]) if type(each["id"]) is int}
    files["labels/annotations.jsonl"] = b"".join(_annotations(sorted(annotations)))
    return files


def _parents(labels: list[bytes]) -> list[bytes]:
    """Labels that those of children rest on, and theirs in turn, where no snapshot of the release has them.

    As published, in the order of their digests. Raises Refused where one is missing.
    """
    known = {sha256_hex(raw) for raw in labels}
    found: dict[str, bytes] = {}
    newest = labels
    while wanted := {
        (key, each["sha256"])
        for each in _references(newest)
        if (key := parent_key(str(each["id"]))) is not None and each["sha256"] not in known
    }:
        fresh = _published(wanted)
        for key, digest in sorted(wanted):
            if digest not in fresh:
                raise Refused(f"The label of record {key}, which a child's label rests on, is missing or was altered.")
        found |= fresh
        known |= fresh.keys()
        newest = list(fresh.values())
    return [found[digest] for digest in sorted(found)]


def _published(wanted: set[tuple[int, str]]) -> dict[str, bytes]:
    """Lines of published snapshots by their digests."""
    digests = {digest for _, digest in wanted}
    rows = SnapshotLabel.objects.filter(record__in={key for key, _ in wanted})
    keys = {snapshot for snapshot, digest in rows.values_list("snapshot", "label_sha256") if digest in digests}
    lines = (raw for each in LabelSnapshot.objects.filter(pk__in=keys) for raw in _snapshot(each).splitlines())
    return {digest: raw for raw in lines if (digest := sha256_hex(raw)) in digests}


def _records(release: Release, manifest: bytes) -> Iterator[bytes]:
    """Of each line of the release: its place, its hashes, the label it carries, and the hash of the line itself."""
    store = get_store()
    for entry in json.loads(manifest)["files"]:
        if not entry["split"]:
            continue
        for raw in store.read(f"{release.object_prefix}{entry['path']}").splitlines():
            metadata = json.loads(raw)["metadata"]
            provenance = metadata.get("provenance") or {}
            line = {
                "split": entry["split"],
                "content_hash": metadata["content_hash"],
                "record_hash": metadata["record_hash"],
                "line_sha256": sha256_hex(raw),
                "snapshot_sha256": provenance.get("snapshot_sha256", ""),
                "decided_by": provenance.get("decided_by", ""),
                "annotations": provenance.get("annotations", []),
            }
            yield canonical_json(line) + b"\n"


def _snapshot(snapshot: LabelSnapshot) -> bytes:
    try:
        return get_store().read(snapshot.object_key)
    except ObjectNotFound:
        raise Refused(f"Label snapshot {snapshot.number} is missing in the object store.") from None


def _references(labels: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    return (each for raw in labels for each in json.loads(raw)["annotations"])


def _annotations(keys: list[int]) -> Iterator[bytes]:
    """The chain of each annotation: its hash, its predecessor's, who by pseudonym; not what was noted beside it."""
    for begin in range(0, len(keys), _FETCH):
        rows: Iterable[Annotation] = (
            Annotation.objects.filter(pk__in=keys[begin : begin + _FETCH]).select_related("annotator").order_by("pk")
        )
        for row in rows:
            line = {
                "id": row.pk,
                "sha256": row.sha256,
                "prev_sha256": row.prev_sha256,
                "revision": row.revision,
                "annotator": row.annotator.pseudonym,
            }
            yield canonical_json(line) + b"\n"
