"""Searching files of conversations for identifiers, one row after the other, in constant memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import read_rows
from datasets_app.corpus.structure import StructureRules

from .conversation import scan
from .finding import Finding
from .placeholders import redact
from .values import without_identifiers

Scanner = Callable[[Sequence[Mapping[str, str]]], list[Finding]]
# Whatever its length or speakers, a conversation is searched.
_ANY_SHAPE = StructureRules(min_turns=None, max_turns=None, max_turn_chars=None, needs_user=False, posts_as_turns=True)


@dataclass
class ScanReport:
    """Counts of one run; it holds no words. read = scanned + quarantined."""

    read: int = 0
    scanned: int = 0
    quarantined: int = 0
    with_findings: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "read": self.read,
            "scanned": self.scanned,
            "quarantined": self.quarantined,
            "with_findings": self.with_findings,
            "findings": sum(self.kinds.values()),
            "kinds": dict(sorted(self.kinds.items())),
            "reasons": dict(sorted(self.reasons.items())),
        }


def scan_files(
    paths: Iterable[Path],
    output: Path | None,
    *,
    redacted: bool,
    scanner: Scanner = scan,
    progress: Callable[[int], None] = lambda done: None,
) -> ScanReport:
    """Search files and write one line per conversation to `output`: the redacted record, or the findings alone.

    The output appears when it is whole. Rows that cannot be converted are counted by reason and not written.
    Raises UnreadableFile and OSError.
    """
    report = ScanReport()
    if output is None:
        _scan_all(paths, None, report, redacted, scanner, progress)
        return report
    draft = output.with_name(output.name + ".draft")
    try:
        with draft.open("w", encoding="utf-8") as sink:
            _scan_all(paths, sink, report, redacted, scanner, progress)
        draft.replace(output)
    finally:
        draft.unlink(missing_ok=True)
    return report


def _scan_all(
    paths: Iterable[Path],
    sink: IO[str] | None,
    report: ScanReport,
    redacted: bool,
    scanner: Scanner,
    progress: Callable[[int], None],
) -> None:
    for path in paths:
        for raw in read_rows(path, path.name):
            report.read += 1
            progress(report.read)
            try:
                prepared = prepare(raw, "", _ANY_SHAPE)
            except RowRejected as rejected:
                report.quarantined += 1
                report.reasons[rejected.reason] += 1
                continue
            report.scanned += 1
            findings = scanner(prepared.converted.messages)
            report.with_findings += bool(findings)
            report.kinds.update(finding.kind for finding in findings)
            if sink is not None:
                line = _redacted(prepared, findings) if redacted else _places(path, raw.line, raw.offset, findings)
                sink.write(json.dumps(line, ensure_ascii=False, sort_keys=True) + "\n")


def _redacted(prepared: Prepared, findings: Sequence[Finding]) -> dict[str, Any]:
    converted = prepared.converted
    return {
        "id": without_identifiers(converted.external_id),
        "messages": redact(converted.messages, findings),
        "metadata": without_identifiers(converted.metadata),
    }


def _places(path: Path, line: int, offset: int, findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "file": path.name,
        "line": line,
        "byte_offset": offset,
        "findings": [
            {name: getattr(finding, name) for name in ("turn", "start", "end", "kind", "confidence", "placeholder")}
            for finding in findings
        ],
    }
