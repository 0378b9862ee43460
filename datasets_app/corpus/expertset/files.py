"""Writing and reading an expert set's two files; what is read and written again is the same bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.parse import RowRejected, parse_quickly
from datasets_app.corpus.quarantine import quarantined
from datasets_app.corpus.reading import RawRow, UnreadableFile, read_rows
from datasets_app.corpus.taxonomy import CRISIS_TYPES, NONE_TYPE, SAFETY_LABELS
from pixelhub.canonical import canonical_json, sha256_file

from .line import ExpertCounts, ExpertExample, ExpertManifest, Share
from .outcome import outcome_of

#: Where the manifest of `name.jsonl` lies.
MANIFEST_ENDING: Final = ".manifest.json"
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_MAX_MANIFEST: Final = 8 * 1024 * 1024


class FileProblem(ValueError):
    """A file that is not an expert set, or not the one that its manifest names."""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: its line and why, and its entry for a quarantine file."""

    line: int
    reason: str
    detail: str
    entry: dict[str, Any]


@dataclass
class ReadSet:
    """What a file holds: examples with their rows, and the rows that were refused. in = examples + refused."""

    examples: list[tuple[RawRow, ExpertExample]] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def refuse(self, raw: RawRow, reason: str, detail: str) -> None:
        """Take down a refused row; the reason holds nothing of its words."""
        self.refused.append(RefusedRow(raw.line, reason, detail, quarantined(raw, reason, detail)))


def encode_lines(examples: Iterable[ExpertExample]) -> bytes:
    """Return the file of these examples: one JSON object a line, fields in the schema's order."""
    return b"".join(_ENCODER.encode(example) + b"\n" for example in examples)


def encode_manifest(manifest: ExpertManifest) -> bytes:
    """Return the manifest as canonical JSON with a final line break."""
    return canonical_json(msgspec.to_builtins(manifest)) + b"\n"


def read_examples(path: Path) -> ReadSet:
    """Read a file of examples, packed or not. Raises FileProblem when it cannot be read at all."""
    found = ReadSet()
    seen: dict[str, int] = {}
    try:
        for raw in read_rows(path, path.name):
            try:
                example = _example(raw)
                if example.content_hash in seen:
                    raise RowRejected("copy", f"the conversation stands in line {seen[example.content_hash]} too")
            except RowRejected as reason:
                found.refuse(raw, reason.reason, reason.detail)
                continue
            seen[example.content_hash] = raw.line
            found.examples.append((raw, example))
    except (UnreadableFile, OSError) as problem:
        raise FileProblem(f"the file cannot be read: {problem}") from None
    return found


def read_manifest(path: Path) -> ExpertManifest:
    """Read a manifest. Raises FileProblem, naming the field, for one that is none."""
    try:
        data = path.read_bytes()[: _MAX_MANIFEST + 1]
        if len(data) > _MAX_MANIFEST:
            raise FileProblem("the manifest is too large to be one")
        return msgspec.convert(parse_quickly(data), ExpertManifest)
    except OSError as problem:
        raise FileProblem(f"the manifest cannot be read: {problem.strerror}") from None
    except (RowRejected, msgspec.ValidationError) as problem:
        raise FileProblem(f"the manifest is none: {problem}") from None


def check_against(manifest: ExpertManifest, path: Path, examples: Sequence[ExpertExample]) -> None:
    """Raise FileProblem unless the file is the one that the manifest names, and holds what it says."""
    if sha256_file(path) != manifest.file.sha256:
        raise FileProblem("the file is not the one that its manifest names (SHA-256 differs)")
    if len(examples) == manifest.file.lines and counts_of(examples) != manifest.counts:
        raise FileProblem("the manifest's counts are not those of the file")


def counts_of(examples: Sequence[ExpertExample]) -> ExpertCounts:
    """Count what is in a set."""
    ratings = [rating for example in examples for rating in example.ratings]
    labels = [example.crisis_type for example in examples]
    settled = [label for label in labels if label is not None]
    raters = {rating.rater for rating in ratings}
    safety: Counter[str] = Counter(
        name for example in examples for name in {one for rate in example.ratings for one in rate.safety}
    )
    return ExpertCounts(
        examples=len(examples),
        ratings=len(ratings),
        raters=len(raters),
        comments=sum(bool(rating.comment) for rating in ratings),
        simulated_raters=len({rating.rater for rating in ratings if rating.simulated}),
        types=_ordered(Counter(label or "unsettled" for label in labels), (*CRISIS_TYPES, "unsettled")),
        severities=_sorted(str(one.severity) for one in examples if one.severity is not None),
        standings=_sorted(example.standing for example in examples),
        disputed=sum(outcome_of(example.ratings, None).disputed for example in examples),
        families=_sorted(_fact(example, "family") for example in examples),
        difficulties=_sorted(_fact(example, "difficulty") for example in examples),
        sources=_sorted(example.source for example in examples),
        edge_cases=sum(example.is_edge_case for example in examples),
        safety=_ordered(safety, tuple(SAFETY_LABELS)),
        crisis=share_of(sum(label != NONE_TYPE for label in settled), len(settled)),
    )


def share_of(hits: int, total: int) -> Share:
    """A share with its interval, rounded to four digits; no value where there is nothing to count."""
    low, high = wilson(hits, total)
    value = round(hits / total, 4) if total else None
    return Share(hits=hits, total=total, value=value, low=round(low, 4), high=round(high, 4))


def _example(raw: RawRow) -> ExpertExample:
    if raw.problem:
        raise RowRejected(raw.problem, "the row cannot be read")
    if raw.is_text:
        raise RowRejected("no_example", "the row is text, not a JSON object")
    try:
        return msgspec.convert(parse_quickly(raw.as_json or raw.raw), ExpertExample)
    except msgspec.ValidationError as problem:
        raise RowRejected("no_example", _safely(str(problem))) from None
    except ValueError as problem:
        if isinstance(problem, RowRejected):
            raise
        raise RowRejected("no_example", _safely(str(problem))) from None


def _safely(problem: str) -> str:
    """msgspec quotes an unknown value of an enumeration, which may be anything: only what was expected is kept."""
    place = problem[problem.rfind(" - at ") :] if " - at " in problem else ""
    return f"unknown value{place}" if problem.startswith("Invalid enum value") else problem[:300]


def _fact(example: ExpertExample, name: str) -> str:
    value = example.metadata.get(name)
    return value if isinstance(value, str) and value else "not known"


def _sorted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _ordered(counts: Counter[str], order: tuple[str, ...]) -> dict[str, int]:
    return {name: counts[name] for name in order if counts[name]}


def quarantine_lines(refused: Iterable[RefusedRow]) -> Iterator[bytes]:
    """Yield the lines of a quarantine file: where each row stands, why it was refused, and its bytes."""
    for row in refused:
        yield _ENCODER.encode(row.entry) + b"\n"
