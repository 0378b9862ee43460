"""The schema's own JSONL (docs/schema/sample.schema.json): a line per sample, or per label where none stands yet.

What the schema has no field for lies in `metadata.pixelhub`, so that nothing is lost on the way back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from statistics import fmean
from typing import Any

from annotation.exchange.lines import LineError, read_lines
from annotation.exchange.sample import FinalLabel, LabelledSample, Message, RawLabel, Refusal, convert, plain

OURS = "pixelhub"
_DECISION = ("crisis_type", "severity", "confidence", "is_edge_case")


def write(samples: Iterable[LabelledSample]) -> Iterator[str]:
    """Lines. A sample with a final label is one line; else each raw label is one; else (only suggestions) none."""
    for sample in samples:
        standing: tuple[FinalLabel | RawLabel, ...] = (sample.final,) if sample.final else sample.labels
        for number, label in enumerate(standing):
            yield _line(sample, label, number)


def read(text: Iterable[str]) -> Iterator[LabelledSample | Refusal]:
    """Samples in the order of their first line; lines of one sample (raw labels) come back as one sample."""
    gathered: dict[str, LabelledSample] = {}
    for row, raw, data in read_lines(text):
        if isinstance(data, LineError):
            yield Refusal(row, str(data), raw)
            continue
        try:
            sample = _sample(data)
            before = gathered.get(sample.id)
            gathered[sample.id] = _merged(before, sample) if before else sample
        except ValueError as error:
            yield Refusal(row, str(error), raw)
    yield from gathered.values()


def _line(sample: LabelledSample, label: FinalLabel | RawLabel, number: int) -> str:
    kept: dict[str, Any] = {"content_hash": sample.content_hash}
    if isinstance(label, FinalLabel):
        kept |= {"final": plain(label), "labels": plain(sample.labels)}
        annotators = [each.annotator for each in sample.labels]
    else:
        kept["labels"] = [plain(label)]
        annotators = [label.annotator]
    if number == 0:
        kept["suggestions"] = plain(sample.suggestions)
    confidence = label.confidence
    if confidence is None:
        confidence = fmean([each.confidence or 0.0 for each in sample.labels] or [0.0])
        kept["confidence_unknown"] = True
    line = {
        "id": sample.id,
        "conversation": plain(sample.messages),
        "crisis_type": label.crisis_type,
        "severity": label.severity,
        "confidence": confidence,
        "source": sample.source,
        "is_edge_case": label.is_edge_case,
        "edge_case_kind": label.edge_case_kind,
        "annotators": annotators,
        "metadata": {**sample.metadata, OURS: kept},
    }
    return json.dumps(line, ensure_ascii=False)


def _sample(data: dict[str, Any]) -> LabelledSample:
    metadata = dict(data.get("metadata") or {}) if isinstance(data.get("metadata", {}), dict) else None
    if metadata is None:
        raise ValueError("metadata is not an object")
    kept = metadata.pop(OURS, None)
    if kept is not None and not isinstance(kept, dict):
        raise ValueError(f"metadata.{OURS} is not an object")
    base = {
        "id": data.get("id"),
        "source": data.get("source", ""),
        "messages": data.get("conversation", []),
        "metadata": metadata,
    }
    if kept is not None:
        base |= {name: kept[name] for name in ("content_hash", "final", "labels", "suggestions") if name in kept}
        return convert(base, LabelledSample)
    return convert(base | _from_elsewhere(data), LabelledSample)


def _from_elsewhere(data: dict[str, Any]) -> dict[str, Any]:
    """A line of the schema that we didn't write: one label, by whoever is named, or standing where several are."""
    decision = {name: data[name] for name in (*_DECISION, "edge_case_kind") if name in data}
    annotators = data.get("annotators") or []
    if not isinstance(annotators, list):
        raise ValueError("annotators is not a list")
    if len(annotators) == 1:
        return {"labels": [{**decision, "annotator": annotators[0]}]}
    return {"final": decision}


def _merged(first: LabelledSample, more: LabelledSample) -> LabelledSample:
    if first.messages != more.messages:
        raise ValueError("another line with this id has another conversation")
    if first.final or more.final:
        raise ValueError("this id stands on an earlier line")
    return LabelledSample(
        id=first.id,
        content_hash=first.content_hash,
        source=first.source,
        messages=tuple(Message(m.role, m.content) for m in first.messages),
        labels=(*first.labels, *more.labels),
        suggestions=(*first.suggestions, *more.suggestions),
        metadata=first.metadata,
    )
