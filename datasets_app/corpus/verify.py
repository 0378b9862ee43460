"""Verifies a release from its bytes alone: in a folder or an object store, made by this hub or not (D11)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Protocol

import msgspec

from pixelhub.canonical import canonical_json, sha256_hex

from . import taxonomy
from .counts import ReleaseCounts
from .gates import failed_required, judge
from .inspection import Inspection, lines_of, near_duplicates_across
from .manifest import FORMAT, MANIFEST, manifest_digest

MAX_REASONS: Final = 100
_CHUNK: Final = 1 << 20
_MAX_MANIFEST_BYTES: Final = 64 * 1024 * 1024
NEAR_DUPLICATE_THRESHOLD: Final = 0.8


class ReleaseReader(Protocol):
    """What the verification needs of a place that holds a release."""

    def names(self) -> Iterable[str]:
        """Return the paths of all files, relative and with forward slashes."""

    def open(self, name: str) -> AbstractContextManager[IO[bytes]]:
        """Open one of the listed files."""


class FolderReader:
    """A release in a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def names(self) -> Iterator[str]:
        for path in sorted(self.root.rglob("*")):
            if path.is_symlink() or not path.is_dir():
                yield path.relative_to(self.root).as_posix()

    def open(self, name: str) -> IO[bytes]:
        path = self.root / name
        if path.is_symlink():
            raise OSError("is a link, not a file")
        return path.open("rb")


def lines_in(reader: ReleaseReader, manifest: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the lines of all shards that a verified manifest lists. Raises msgspec.DecodeError for a broken one."""
    for entry in manifest["files"]:
        if entry["split"]:
            with reader.open(entry["path"]) as stream:
                for raw in lines_of(stream):
                    yield msgspec.json.decode(raw)


@dataclass
class VerifyReport:
    """`ok` with no reasons, or every reason found, each naming its file. `counts` is what was really there."""

    ok: bool = True
    reasons: list[str] = field(default_factory=list)
    manifest_sha256: str = ""
    counts: dict[str, Any] = field(default_factory=dict)
    gates: list[dict[str, Any]] = field(default_factory=list)
    truncated: int = 0

    def add(self, name: str, reason: str) -> None:
        """Note a defect of the named file."""
        self.ok = False
        if len(self.reasons) < MAX_REASONS:
            self.reasons.append(f"{name}: {reason}")
        else:
            self.truncated += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return {
            "ok": self.ok,
            "reasons": self.reasons,
            "more_reasons": self.truncated,
            "manifest_sha256": self.manifest_sha256,
            "counts": self.counts,
            "gates": self.gates,
        }


def verify_release(
    reader: ReleaseReader, *, manifest_sha256: str | None = None, near_duplicates: bool = False
) -> VerifyReport:
    """Check a release against its manifest and the laws of a release, and judge its gates again.

    Found and named: a damaged or foreign manifest, a missing, extra or changed file, counts that differ, content in
    two splits, a group in two splits, a text that does not match its content hash, edge cases that were lost, a
    required gate that fails. `manifest_sha256` pins the manifest itself to the hash that the hub, a run or a sign-off
    recorded. `near_duplicates` searches them across splits: two more readings and a MinHash of every record.
    """
    report = VerifyReport()
    names = set(reader.names())
    manifest = _read_manifest(reader, names, manifest_sha256, report)
    if manifest is None:
        return report
    entries = {entry["path"]: entry for entry in manifest["files"]}
    for name in sorted(set(entries) - names):
        report.add(name, "is missing")
    for name in sorted(names - set(entries) - {MANIFEST}):
        report.add(name, "is not in the manifest")
    inspection = Inspection(manifest["params"], report.add)
    for name in sorted(set(entries) & names):
        _check_file(reader, name, entries[name], inspection, report)
    inspection.finish()
    report.counts = inspection.counts.as_dict()
    if report.ok:
        _check_whole(manifest, inspection.counts, report)
    if report.ok and near_duplicates:
        inspection.found.near_pairs = near_duplicates_across(inspection, reader.open, _threshold(manifest["params"]))
    _judge(manifest, inspection, report)
    return report


def _judge(manifest: Mapping[str, Any], inspection: Inspection, report: VerifyReport) -> None:
    expected = manifest["edge_cases"].get("in_snapshots")
    counts = inspection.counts
    report.gates = judge(report.counts, counts.edge_cases, expected, manifest["params"], inspection.found)
    for name in failed_required(report.gates):
        report.add(MANIFEST, f"the release fails the gate {name}")


def _threshold(params: Mapping[str, Any]) -> float:
    """The similarity from which the release calls two texts near-duplicates."""
    named = params.get("threshold")
    return float(named) if isinstance(named, int | float) and 0 < named <= 1 else NEAR_DUPLICATE_THRESHOLD


def _read_manifest(
    reader: ReleaseReader, names: set[str], pinned: str | None, report: VerifyReport
) -> dict[str, Any] | None:
    if MANIFEST not in names:
        report.add(MANIFEST, "is missing")
        return None
    try:
        with reader.open(MANIFEST) as stream:
            data = stream.read(_MAX_MANIFEST_BYTES)
    except OSError as error:
        report.add(MANIFEST, f"cannot be read ({error})")
        return None
    report.manifest_sha256 = sha256_hex(data)
    if pinned and report.manifest_sha256 != pinned:
        report.add(MANIFEST, "is not the manifest that was recorded (SHA-256 differs)")
    try:
        manifest = json.loads(data)
        canonical = canonical_json(manifest)
    except (ValueError, RecursionError):
        report.add(MANIFEST, "is not valid JSON")
        return None
    defect = _manifest_defect(manifest)
    if defect:
        report.add(MANIFEST, defect)
        return None
    if canonical != data or manifest_digest(manifest) != manifest.get("sha256"):
        report.add(MANIFEST, "was changed (its own SHA-256 does not match)")
    return dict(manifest)


def _manifest_defect(manifest: Any) -> str:
    """Return what makes a manifest unusable, "" when its shape is right."""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        return f"is no {FORMAT} manifest"
    files = manifest.get("files")
    if not isinstance(files, list) or not all(_is_entry(entry) for entry in files):
        return "lists its files in a wrong shape"
    if len({entry["path"] for entry in files}) != len(files):
        return "lists a file twice"
    if not isinstance(manifest.get("counts"), dict) or not isinstance(manifest.get("edge_cases"), dict):
        return "states no counts"
    if not isinstance(manifest.get("params"), dict):
        return "states no parameters"
    return ""


def _is_entry(entry: Any) -> bool:
    shape = {"path": str, "split": str, "lines": int, "bytes": int, "sha256": str}
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), kind) for name, kind in shape.items())
        and not entry["path"].startswith("/")
        and ".." not in entry["path"].split("/")
        and entry["split"] in (*taxonomy.SPLITS, "")
    )


def _check_file(
    reader: ReleaseReader, name: str, entry: Mapping[str, Any], inspection: Inspection, report: VerifyReport
) -> None:
    try:
        digest, size = _hash_of(reader, name)
    except OSError as error:
        report.add(name, f"cannot be read ({error})")
        return
    if size != entry["bytes"]:
        report.add(name, f"has {size} bytes, the manifest says {entry['bytes']}")
    if digest != entry["sha256"]:
        report.add(name, "SHA-256 differs from the manifest")
        return
    if name.startswith("shards/"):
        _check_shard(reader, name, entry, inspection, report)


def _hash_of(reader: ReleaseReader, name: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with reader.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def _check_shard(
    reader: ReleaseReader, name: str, entry: Mapping[str, Any], inspection: Inspection, report: VerifyReport
) -> None:
    split = name.split("/")[1]
    if split not in taxonomy.SPLITS or split != entry["split"]:
        report.add(name, "lies in another split than the manifest says")
        return
    with reader.open(name) as stream:
        lines = inspection.file(name, split, lines_of(stream))
    if lines != entry["lines"]:
        report.add(name, f"has {lines} lines, the manifest says {entry['lines']}")


def _check_whole(manifest: Mapping[str, Any], counts: ReleaseCounts, report: VerifyReport) -> None:
    found = counts.as_dict()
    if found != manifest["counts"]:
        wrong = [key for key in found if manifest["counts"].get(key) != found[key]]
        report.add(MANIFEST, f"counts differ from the shards ({', '.join(wrong) or 'unknown fields'})")
    edge = manifest["edge_cases"]
    if edge.get("in_snapshots") != counts.edge_cases or edge.get("in_release") != counts.edge_cases:
        report.add(
            MANIFEST, f"edge cases were lost: {edge.get('in_snapshots')} in the snapshots, {counts.edge_cases} here"
        )
    elif edge.get("sha256") != counts.edge_digest():
        report.add(MANIFEST, "the edge cases are not those of the snapshots (SHA-256 differs)")
