"""The evaluation of a frozen bundle on a labelled file that is no split of its release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.pii import redact, scan
from datasets_app.corpus.taxonomy import SOURCES
from pixelhub.canonical import sha256_file

from .bundle import FrozenBundle
from .cases import TURN_BANDS, WORD_BANDS, Case, band, demographic_slices, language_of
from .digests import digest_of
from .encoder import use_threads
from .errors import FileRefused
from .evaluation import Predictions, evaluate
from .intervals import clopper_pearson
from .labelled import LABEL_KINDS, Label, LabelMap
from .rows import Row, file_rows
from .scoring import predicted

MISSED_KEPT: Final = 500
APART_KEPT: Final = 40
MOST_LABELS: Final = 500
REASONS_KEPT: Final = 10
Progress = Callable[[int], None]


@dataclass(frozen=True)
class _Tally:
    """What became of the rows that are not among the cases."""

    refused: Counter[str]
    left_out: Counter[str]
    apart: dict[str, list[int]]


def evaluate_file(
    bundle: FrozenBundle,
    path: Path,
    *,
    mapping: LabelMap,
    label_kind: str,
    known: AbstractSet[bytes] | None = None,
    threads: int = 1,
    on_progress: Progress = lambda rows: None,
) -> dict[str, Any]:
    """Return the metrics of a file as JSON types, without text.

    `known` holds the digests of the conversations of the bundle's release (`release_digests`): those are left out and
    counted, because the model may have learned them; None says that nobody looked. A conversation that stands in the
    file twice counts once. Raises FileRefused for a file that cannot be read or without a single row to judge.
    """
    if label_kind not in LABEL_KINDS:
        raise FileRefused(f"say how the labels came to be: {', '.join(LABEL_KINDS)}")
    use_threads(threads)
    tally = _Tally(Counter(), Counter(), {})
    cases: list[Case] = []
    answers: list[Predictions] = []
    rows = 0
    accepted = _accepted(file_rows(path, last_messages=int(bundle.document["last_messages"])), mapping, known, tally)
    for chunk, found in predicted(bundle, accepted, threads=threads):
        judged = []
        for place, row in enumerate(chunk):
            label = mapping.label(row.given)
            if label.crisis is None:
                count = tally.apart.setdefault(label.said, [0, 0])
                count[0] += 1
                count[1] += int(found.scores[place] >= bundle.threshold)
            else:
                cases.append(_case(row, label))
                judged.append(place)
        answers.append(_chosen(found, judged))
        rows += len(chunk)
        on_progress(rows)
    if not cases:
        raise FileRefused(_nothing(tally))
    metrics = evaluate(cases, _joined(answers))
    return metrics | {
        "missed": metrics["missed"][:MISSED_KEPT],
        "bundle_sha256": bundle.sha256,
        "threshold": bundle.threshold,
        "label_kind": label_kind,
        "labels": mapping.as_dict(),
        "file": {
            "sha256": sha256_file(path),
            "unreadable": sum(tally.refused.values()),
            "reasons": dict(tally.refused.most_common(REASONS_KEPT)),
            "copies": tally.left_out["copy"],
            "overlap": None if known is None else tally.left_out["overlap"],
        },
        "apart": _apart(tally.apart),
    }


def _accepted(rows: Iterable[Row], mapping: LabelMap, known: AbstractSet[bytes] | None, tally: _Tally) -> Iterator[Row]:
    """Yield the rows to be judged; all others are counted under the reason for which they are not."""
    seen: set[bytes] = set()
    labels: set[str] = set()
    for row in rows:
        problem = row.problem.split(":")[0]
        if not problem:
            try:
                labels.add(mapping.label(row.given).said)
            except RowRejected as reason:
                problem = reason.reason
        if len(labels) > MOST_LABELS:
            raise FileRefused(f"the field {mapping.field} holds more than {MOST_LABELS} values: it is no label")
        if problem:
            tally.refused[problem] += 1
            continue
        digest = digest_of(content_hash(row.messages))
        if digest in seen:
            tally.left_out["copy"] += 1
            continue
        seen.add(digest)
        if known is not None and (digest in known or _redacted_digest(row) in known):
            tally.left_out["overlap"] += 1
            continue
        yield row


def _redacted_digest(row: Row) -> bytes:
    """A release holds real conversations with their identifiers replaced, which gives them another hash."""
    findings = scan(row.messages)
    return digest_of(content_hash(redact(row.messages, findings))) if findings else b""


def _case(row: Row, label: Label) -> Case:
    assert label.crisis is not None
    given = row.given
    nested = given.get("metadata")
    beside = nested if isinstance(nested, dict) else {}
    slices = {
        "label": label.said or "(empty)",
        "turns": band(len(row.messages), TURN_BANDS),
        "words": band(sum(len(message["content"].split()) for message in row.messages), WORD_BANDS),
        **demographic_slices(given.get("demographics", beside.get("demographics"))),
    }
    if language := language_of(given.get("language", beside.get("language"))):
        slices["language"] = language
    if isinstance(given.get("is_edge_case"), bool):
        slices["edge_case"] = "yes" if given["is_edge_case"] else "no"
    source = given.get("source")
    source = source if source in SOURCES else ""
    if source:
        slices["source"] = source
    return Case(
        record_id=row.id,
        content_hash=content_hash(row.messages),
        crisis=label.crisis,
        crisis_type=label.crisis_type,
        severity=label.severity,
        source=source or "not stated",
        simulated=False,
        slices=slices,
    )


def _chosen(found: Predictions, places: list[int]) -> Predictions:
    rows = np.array(places, dtype=np.int64)
    return Predictions(found.scores[rows], found.probabilities[rows], found.types[rows], found.severities[rows])


def _joined(parts: list[Predictions]) -> Predictions:
    return Predictions(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.types for part in parts]),
        np.concatenate([part.severities for part in parts]),
    )


def _apart(found: dict[str, list[int]]) -> list[dict[str, Any]]:
    """Return how many rows of each other label were flagged: no truth is known of them."""
    rows = []
    for said, (n, flagged) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))[:APART_KEPT]:
        interval = clopper_pearson(flagged, n)
        rows.append(
            {
                "label": said or "(empty)",
                "n": n,
                "flagged": flagged,
                "value": round(flagged / n, 6),
                "low": round(interval.low, 6),
                "high": round(interval.high, 6),
            }
        )
    return rows


def _nothing(tally: _Tally) -> str:
    said = ", ".join(f"{count} {reason}" for reason, count in (tally.refused + tally.left_out).most_common(5))
    apart = sum(n for n, _ in tally.apart.values())
    return f"no row of the file can be judged: {said or 'none was read'}; {apart} labels are neither crisis nor none"
