"""Records of all units as one set of files, the quarantine and the manifest beside them."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import orjson

from datasets_app.corpus.engine.facts import added
from datasets_app.corpus.engine.plan import Unit
from datasets_app.corpus.engine.reporting import Where
from datasets_app.corpus.manifest import CODE_VERSION

from .manifest import FORMAT, MANIFEST_SUFFIX, QUARANTINE_SUFFIX, ExtractionManifest, FileFacts, SourceFacts
from .units import UnitResult

if TYPE_CHECKING:
    from .running import ExtractSettings

_CHUNK: Final = 1 << 20


class Extracted(NamedTuple):
    """What the units did, in the order of their rows; `names` are the objects as reports name them, by key.

    `family` and `stage` are those of the set.
    """

    units: Sequence[Unit]
    results: Sequence[UnitResult]
    stems: Sequence[Path]
    names: Mapping[str, str]
    family: str
    stage: int

    def where(self) -> Where:
        """Return what tells lines of files from lines of units."""
        return Where(self.units, [[part.lines for part in result.segments] for result in self.results])

    def sums(self) -> dict[str, dict[str, float]]:
        """Return the set's tables, added up in the order of the units."""
        whole: dict[str, Counter[str]] = {}
        for result in self.results:
            for row, columns in result.sums.items():
                whole.setdefault(row, Counter()).update(columns)
        return {row: dict(sorted(columns.items())) for row, columns in sorted(whole.items())}


class Sets:
    """How the records of units become lines of the set: as they are, one unit after the other."""

    def __init__(self) -> None:
        self.details: dict[str, Any] = {}

    def lines(self, extracted: Extracted) -> Iterator[bytes]:
        """Yield the set's bytes. What there is to say of the set is in `details` afterwards."""
        where = extracted.where()
        for number, stem in enumerate(extracted.stems):
            with Path(f"{stem}.lines").open("rb") as stream:
                before = where.line(number, 0, 0)
                if not before:
                    while chunk := stream.read(_CHUNK):
                        yield chunk
                    continue
                for line in stream:
                    record = orjson.loads(line)
                    record["metadata"]["provenance"]["line"] += before
                    yield dumped(record)


def dumped(record: Mapping[str, Any]) -> bytes:
    """Return a record as its line is written everywhere."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def write_set(
    folder: Path,
    extracted: Extracted,
    *,
    settings: ExtractSettings,
    held_back: int,
    sets: Sets,
    keep: bool,
    name: str,
) -> ExtractionManifest:
    """Write records, quarantine and manifest into `folder` (`keep=False`: count only) and return the manifest."""
    shutil.rmtree(folder, ignore_errors=True)
    if keep:
        folder.mkdir(parents=True)
    records = _written(folder / f"{name}.jsonl" if keep else None, sets.lines(extracted))
    refused = _written(folder / f"{name}{QUARANTINE_SUFFIX}" if keep else None, _quarantine(extracted))
    files = {f"{name}.jsonl": records, f"{name}{QUARANTINE_SUFFIX}": refused} if keep else {}
    manifest = _manifest(extracted, settings, held_back, records, refused, files, sets.details)
    if keep:
        text = orjson.dumps(msgspec.to_builtins(manifest), option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        (folder / f"{name}{MANIFEST_SUFFIX}").write_bytes(text + b"\n")
    return manifest


def _written(path: Path | None, pieces: Iterable[bytes]) -> FileFacts:
    digest = hashlib.sha256()
    size = records = 0
    sink = None if path is None else path.open("wb")
    try:
        for piece in pieces:
            if sink is not None:
                sink.write(piece)
            digest.update(piece)
            size += len(piece)
            records += piece.count(b"\n")
    finally:
        if sink is not None:
            sink.close()
    return FileFacts(sha256=digest.hexdigest(), bytes=size, records=records)


def _quarantine(extracted: Extracted) -> Iterator[bytes]:
    where = extracted.where()
    for unit, stem in enumerate(extracted.stems):
        with Path(f"{stem}.quarantine").open("rb") as stream:
            for raw in stream:
                entry = orjson.loads(raw)
                entry["line"] = where.line(unit, entry.pop("segment"), entry["line"])
                yield orjson.dumps(entry) + b"\n"


def _sources(extracted: Extracted, limit_reached: bool) -> list[SourceFacts]:
    found: dict[str, SourceFacts] = {}
    for unit, result in zip(extracted.units, extracted.results, strict=True):
        for segment, part in zip(unit.segments, result.segments, strict=True):
            name = extracted.names[segment.key]
            before = found.get(segment.key)
            found[segment.key] = SourceFacts(
                name=name,
                bytes=segment.size,
                read=part.read + (before.read if before else 0),
                kept=part.kept + (before.kept if before else 0),
                records=part.records + (before.records if before else 0),
                passed=added([part.passed, before.passed if before else {}]),
                broken=added([part.broken, before.broken if before else {}]),
            )
    sources = list(found.values())
    if limit_reached:
        # What comes after the last one that was taken was not looked at.
        while not sources[-1].read:
            sources.pop()
    return sources


def _manifest(
    extracted: Extracted,
    settings: ExtractSettings,
    held_back: int,
    records: FileFacts,
    refused: FileFacts,
    files: dict[str, FileFacts],
    details: dict[str, Any],
) -> ExtractionManifest:
    limit_reached = bool(settings.limit) and sum(result.kept for result in extracted.results) == settings.limit
    sources = _sources(extracted, limit_reached)
    each = all(
        source.read == source.kept + sum(source.passed.values()) + sum(source.broken.values()) for source in sources
    )
    kept, made = sum(source.kept for source in sources), sum(source.records for source in sources)
    broken = added(source.broken for source in sources)
    # A set that brings records together says itself what became of them.
    lines = made if "records" not in details else int(details["records"])
    raw_sum = sum(int(result.raw_sum, 16) for result in extracted.results)
    return ExtractionManifest(
        format=FORMAT,
        code_version=CODE_VERSION,
        set=settings.set,
        family=extracted.family,
        stage=extracted.stage,
        params={**settings.options, "limit": settings.limit},
        read=sum(source.read for source in sources),
        kept=kept,
        records=records.records,
        passed=added(source.passed for source in sources),
        broken=broken,
        adds_up=each and records.records == lines and refused.records == sum(broken.values()),
        limit_reached=limit_reached,
        held_back_objects=held_back,
        raw_sum=f"{raw_sum % (1 << 256):064x}",
        sources=sources,
        files=files,
        details=details,
    )
