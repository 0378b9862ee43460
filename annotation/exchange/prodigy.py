"""Prodigy's JSONL: a line per answer, as its `choice` recipe writes and its `db-in` reads.

`_input_hash` and `_task_hash` are ours (Prodigy's `--rehash` makes its own). The standing label is the answer of an
annotator called `adjudicated`. What Prodigy has no field for lies in `pixelhub`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from annotation.exchange.lines import LineError, read_lines
from annotation.exchange.offsets import from_joined, joined, to_joined
from annotation.exchange.sample import (
    FinalLabel,
    LabelledSample,
    RawLabel,
    Refusal,
    SuggestedLabel,
    convert,
    plain,
)
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES

OURS = "pixelhub"
ADJUDICATED = "adjudicated"
EVIDENCE = "EVIDENCE"


def write(samples: Iterable[LabelledSample]) -> Iterator[str]:
    """A line per raw label, per standing label and per suggestion."""
    for sample in samples:
        standing: tuple[FinalLabel, ...] = (sample.final,) if sample.final else ()
        answers: tuple[RawLabel | FinalLabel | SuggestedLabel, ...] = (*sample.labels, *standing, *sample.suggestions)
        for answer in answers:
            yield json.dumps(_line(sample, answer), ensure_ascii=False)


def read(text: Iterable[str]) -> Iterator[LabelledSample | Refusal]:
    """Samples with all their answers, in the order of their first line. Answers that are no “accept” are refused."""
    gathered: dict[str, dict[str, Any]] = {}
    for row, raw, data in read_lines(text):
        try:
            if isinstance(data, LineError):
                raise data
            _gather(gathered, data)
        except (ValueError, TypeError, KeyError) as error:
            yield Refusal(row, str(error) or "a field is missing", raw)
    for fields in gathered.values():
        yield convert(fields, LabelledSample)


def _line(sample: LabelledSample, label: RawLabel | FinalLabel | SuggestedLabel) -> dict[str, Any]:
    text = joined(sample.messages)
    who = label.annotator if isinstance(label, RawLabel) else ADJUDICATED
    kind = {RawLabel: "label", FinalLabel: "final", SuggestedLabel: "suggestion"}[type(label)]
    if isinstance(label, SuggestedLabel):
        who = label.source
    spans = label.spans if isinstance(label, RawLabel) and sample.messages else ()
    line = {
        "text": text,
        "options": [{"id": code, "text": CRISIS_TYPE_LABELS[code]} for code in CRISIS_TYPES],
        "accept": [label.crisis_type],
        "answer": "accept",
        "spans": [
            {"start": start, "end": end, "label": EVIDENCE}
            for start, end in (to_joined(sample.messages, span) for span in spans)
        ],
        "meta": {"id": sample.id, "source": sample.source},
        "_input_hash": _hash(sample.id, text),
        "_task_hash": _hash(sample.id, text, "choice"),
        "_session_id": f"{OURS}-{who}",
        "_annotator_id": f"{OURS}-{who}",
        "_view_id": "choice",
        OURS: {
            "kind": kind,
            "label": plain(label),
            "content_hash": sample.content_hash,
            "messages": plain(sample.messages),
            "metadata": sample.metadata,
        },
    }
    if isinstance(label, RawLabel) and label.submitted_at:
        line["_timestamp"] = int(datetime.fromisoformat(label.submitted_at).timestamp())
    return line


def _gather(gathered: dict[str, dict[str, Any]], data: dict[str, Any]) -> None:
    if data.get("answer", "accept") != "accept":
        raise ValueError("the answer is not “accept”")
    kept = data.get(OURS)
    if isinstance(kept, dict):
        kind, label = kept["kind"], kept["label"]
        fields = {"content_hash": kept["content_hash"], "messages": kept["messages"], "metadata": kept["metadata"]}
        fields |= {"id": data["meta"]["id"], "source": data["meta"]["source"]}
    else:
        kind, label, fields = _from_elsewhere(data)
    convert(fields, LabelledSample)
    convert(label, {"label": RawLabel, "final": FinalLabel, "suggestion": SuggestedLabel}[kind])
    sample = gathered.setdefault(str(fields["id"]), {**fields, "labels": [], "final": None, "suggestions": []})
    if sample["messages"] != fields["messages"]:
        raise ValueError("another line with this id has another text")
    if kind == "final":
        if sample["final"] is not None:
            raise ValueError("a standing label for this id is on an earlier line")
        sample["final"] = label
    else:
        sample["labels" if kind == "label" else "suggestions"].append(label)


def _from_elsewhere(data: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A line that we didn't write: `accept` names one type; the text is one turn of the user."""
    accept, text = data.get("accept"), data.get("text")
    if not (isinstance(accept, list) and len(accept) == 1):
        raise ValueError("accept must name one crisis type")
    if not isinstance(text, str) or not text:
        raise ValueError("there is no text")
    meta: dict[str, Any] = data["meta"] if isinstance(data.get("meta"), dict) else {}
    messages = [{"role": "user", "content": text}]
    named = convert({"id": "x", "messages": messages}, LabelledSample).messages
    head = len("user: ")
    spans = [from_joined(named, span["start"] + head, span["end"] + head) for span in data.get("spans") or []]
    who = str(data.get("_annotator_id") or data.get("_session_id") or "unknown")[:200]
    label = {"annotator": who, "crisis_type": accept[0], "spans": plain(spans)}
    return "label", label, {"id": str(meta.get("id") or data.get("_input_hash") or _hash(text)), "messages": messages}


def _hash(*parts: str) -> int:
    """A signed 32-bit number, as Prodigy's own hashes are."""
    digest = hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big", signed=True)
