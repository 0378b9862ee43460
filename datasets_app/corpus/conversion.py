"""Files of any readable kind to one JSONL file of records, with whatever was refused in a file beside it (D2).

Read = accepted + duplicates + quarantined, always. Of several copies the first one stays; it becomes an edge case if
any of them is one, and it is tied to all that any of them is tied to.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec
import orjson

from .dedup.seen import DIGEST_BYTES, ExactSeen
from .formats import Converted
from .intake import Prepared, prepare
from .parse import RowRejected
from .quarantine import quarantined
from .reading import RawRow, UnreadableFile, read_rows
from .record import ContentHash, CrisisTypeName, EdgeKindName, Message, SeverityValue, SourceName
from .structure import DEFAULT_RULES, StructureRules

Progressed = Callable[[int, int, int], None]
_ROWS_BETWEEN_REPORTS: Final = 1_000


class RecordProvenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record was read; the line and the byte offset are those of the unpacked file."""

    file: str
    line: int
    byte_offset: int
    raw_sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    licence: str = ""
    consent: str = ""


class RecordMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about a record. `origin` holds all of the input that is no dialogue."""

    content_hash: ContentHash
    source_family: str
    stage: int
    source: SourceName
    is_training_edge_case: bool
    edge_case_kind: EdgeKindName
    group_keys: list[str]
    provenance: RecordProvenance
    origin: dict[str, Any]


class ConvertedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A converted conversation: ChatML messages with metadata. The labels are those that the input proposed."""

    id: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    metadata: RecordMetadata
    crisis_type: CrisisTypeName | None = None
    severity: SeverityValue | None = None


class ConversionSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of all rows, and the rules on their shape."""

    family: str = ""
    stage: int = 1
    source: str = "real"
    licence: str = ""
    consent: str = ""
    rules: StructureRules = DEFAULT_RULES


class ConversionReport(msgspec.Struct, kw_only=True):
    """What became of the rows. `quarantine` is the file with the refused rows, "" when there are none."""

    output: str
    quarantine: str = ""
    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    reasons: Counter[str] = msgspec.field(default_factory=Counter)
    formats: Counter[str] = msgspec.field(default_factory=Counter)
    notes: Counter[str] = msgspec.field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read has an outcome."""
        return self.read == self.accepted + self.duplicates + self.quarantined

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        found = msgspec.to_builtins(self)
        for name in ("reasons", "formats", "notes"):
            found[name] = dict(sorted(found[name].items()))
        return {**found, "adds_up": self.adds_up}


class _Copies(msgspec.Struct):
    """What the copies of one record add to it."""

    is_edge_case: bool
    edge_case_kind: str
    group_keys: list[str]


def convert_files(
    paths: Sequence[Path], output: Path, settings: ConversionSettings, *, progress: Progressed = lambda *_: None
) -> ConversionReport:
    """Convert files into `output`; what is refused goes to its name with `.quarantine.jsonl`.

    Both files appear whole or not at all, and the same input gives the same bytes. `progress(rows, done, total)` is
    told the rows and the packed bytes read so far. Raises UnreadableFile.
    """
    quarantine = output.with_name(f"{output.name.removesuffix('.jsonl')}.quarantine.jsonl")
    if any(path.resolve() in (output.resolve(), quarantine.resolve()) for path in paths):
        raise UnreadableFile(f"{output} would overwrite what is read")
    output.parent.mkdir(parents=True, exist_ok=True)
    report = ConversionReport(output=str(output))
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=output.parent) as folder:
        work = Path(folder)
        with (
            (work / "records").open("wb") as records,
            (work / "refused").open("wb") as refused,
            ExactSeen(work / "seen") as seen,
        ):
            run = _Run(settings, report, records, refused, seen)
            run.read(paths, progress)
        if run.copies:
            _complete(work / "records", run.copies, work / "completed")
        else:
            (work / "records").rename(work / "completed")
        if report.quarantined:
            (work / "refused").replace(quarantine)
            report.quarantine = str(quarantine)
        else:
            quarantine.unlink(missing_ok=True)
        (work / "completed").replace(output)
    return report


def quarantine_line(file: str, raw: RawRow, rejected: RowRejected) -> dict[str, Any]:
    """Return a refused row with its place, its reason and all of its bytes."""
    return {"file": file, **quarantined(raw, rejected.reason, rejected.detail, keep=None)}


class _Run:
    def __init__(
        self,
        settings: ConversionSettings,
        report: ConversionReport,
        records: IO[bytes],
        refused: IO[bytes],
        seen: ExactSeen,
    ) -> None:
        self._settings = settings
        self._report = report
        self._records = records
        self._refused = refused
        self._seen = seen
        self.copies: dict[str, _Copies] = {}

    def read(self, paths: Sequence[Path], progress: Progressed) -> None:
        total = sum(path.stat().st_size for path in paths)
        before = 0
        for path in paths:
            with path.open("rb") as stream:
                for raw in read_rows(stream, path.name):
                    self._take(raw, path.name)
                    if self._report.read % _ROWS_BETWEEN_REPORTS == 0:
                        progress(self._report.read, before + stream.tell(), total)
            before += path.stat().st_size
        progress(self._report.read, total, total)

    def _take(self, raw: RawRow, file: str) -> None:
        report = self._report
        report.read += 1
        try:
            prepared = prepare(raw, self._settings.family, self._settings.rules)
        except RowRejected as rejected:
            report.quarantined += 1
            report.reasons[rejected.reason] += 1
            self._refused.write(orjson.dumps(quarantine_line(file, raw, rejected), option=orjson.OPT_APPEND_NEWLINE))
            return
        converted = prepared.converted
        if not self._seen.add(bytes.fromhex(prepared.content_hash[7:])[:DIGEST_BYTES]):
            report.duplicates += 1
            self._note_copy(prepared)
            return
        report.accepted += 1
        report.formats[converted.format] += 1
        report.notes.update(converted.metadata.get("notes", ()))
        self._records.write(msgspec.json.encode(self._record(prepared, raw, file)) + b"\n")

    def _note_copy(self, prepared: Prepared) -> None:
        converted = prepared.converted
        if not converted.is_edge_case and not converted.group_keys:
            return
        found = self.copies.setdefault(prepared.content_hash, _Copies(False, "", []))
        found.is_edge_case |= converted.is_edge_case
        found.edge_case_kind = found.edge_case_kind or converted.edge_case_kind
        found.group_keys += converted.group_keys

    def _record(self, prepared: Prepared, raw: RawRow, file: str) -> dict[str, Any]:
        converted, settings = prepared.converted, self._settings
        return {
            "id": converted.external_id or f"{prepared.raw_sha256[:12]}-{raw.offset}",
            "messages": converted.messages,
            **_labels(converted),
            "metadata": {
                "content_hash": prepared.content_hash,
                "source_family": settings.family,
                "stage": settings.stage,
                "source": settings.source,
                "is_training_edge_case": converted.is_edge_case,
                "edge_case_kind": converted.edge_case_kind,
                "group_keys": converted.group_keys,
                "provenance": {
                    "file": file,
                    "line": raw.line,
                    "byte_offset": raw.offset,
                    "raw_sha256": prepared.raw_sha256,
                    "licence": settings.licence,
                    "consent": settings.consent,
                },
                "origin": converted.metadata,
            },
        }


def _labels(converted: Converted) -> dict[str, Any]:
    return {"crisis_type": converted.proposed_type or None, "severity": converted.proposed_severity}


def _complete(records: Path, copies: dict[str, _Copies], target: Path) -> None:
    """Write the records again with what their copies add: a flag on a later copy would be lost otherwise."""
    with records.open("rb") as stream, target.open("wb") as sink:
        for line in stream:
            row = orjson.loads(line)
            metadata = row["metadata"]
            added = copies.get(metadata["content_hash"])
            if added is None:
                sink.write(line)
                continue
            metadata["is_training_edge_case"] |= added.is_edge_case
            metadata["edge_case_kind"] = metadata["edge_case_kind"] or added.edge_case_kind
            metadata["group_keys"] = list(dict.fromkeys(metadata["group_keys"] + added.group_keys))
            sink.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


def record_schema() -> dict[str, Any]:
    """Return the JSON Schema of a converted record."""
    return msgspec.json.schema(ConvertedRecord)
