"""What a fairness report is computed from, read out of rows and stored files: decisions, groups, spoken words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

from datasets_app.corpus.taxonomy import BIAS_KINDS, NONE_TYPE
from datasets_app.models import Record
from inference.models import ConversationTurn
from pixelhub.accounts.models import Project
from review.fairness.groups import ATTRIBUTES, GroupedDecision, groups_of
from review.fairness.text_bias import Spoken
from review.predictions import TestPredictions
from review.refusal import Refused
from review.shards import release_lines, release_manifest
from training_app.models import ModelVersion
from training_app.stored import predictions_of

__all__ = ["TestSide", "sessions_of", "test_side", "train_groups"]

_FETCH: Final = 500
Item = TypeVar("Item")
Progress = Callable[[int, int, str], None]


@dataclass
class TestSide:
    """The test split's decisions with their groups, and what the assistant said in its conversations."""

    __test__ = False  # not a test class

    decisions: list[GroupedDecision] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)


def test_side(version: ModelVersion, predictions: TestPredictions, progress: Progress) -> TestSide:
    """Read the test conversations' records; one that is not in the project any more has the evaluation's groups."""
    # A second of compiling patterns, wanted only where a report is made.
    from datasets_app.corpus.replies.bias import bias_findings

    slices = {row["content_hash"]: row.get("slices") or {} for row in predictions_of(version)}
    found, seen = TestSide(), 0
    for keys in _pages(sorted(predictions.rows), _FETCH):
        records = {
            record.content_hash: record
            for record in Record.objects.filter(project=version.project_id, content_hash__in=keys)
        }
        for key in keys:
            row, record = predictions.rows[key], records.get(key)
            groups = _groups(record, slices.get(key, {}))
            crisis = row["true_type"] != NONE_TYPE
            found.decisions.append(GroupedDecision(key, crisis, row["crisis"], row["score"], groups))
            if record is not None and any(message["role"] == "assistant" for message in record.messages):
                kinds = frozenset((finding.kind, finding.level) for finding in bias_findings(record.messages))
                found.spoken.append(Spoken(kinds, groups))
        seen += len(keys)
        progress(seen, len(predictions.rows), "reading test conversations")
    return found


test_side.__test__ = False  # type: ignore[attr-defined]  # not a test


def train_groups(version: ModelVersion, progress: Progress) -> dict[str, dict[str, int]] | None:
    """How many conversations of the train split are of each group; None where the release's files cannot be read."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    try:
        manifest = release_manifest(version.release)
        total = sum(entry["lines"] for entry in manifest["files"] if entry["split"] == "train")
        for seen, groups in enumerate(_train(version, manifest), start=1):
            for name, value in groups.items():
                counts[name][value] += 1
            if seen % _FETCH == 0:
                progress(seen, total, "reading the train split")
    except Refused:
        return None
    return {name: dict(values) for name, values in counts.items()}


def sessions_of(project: Project) -> dict[str, Any]:
    """Live conversations in which the assistant spoke, and in how many the rules found each kind of bias."""
    turns = ConversationTurn.objects.filter(session__project=project, role="assistant")
    kinds: dict[str, set[Any]] = {kind: set() for kind in BIAS_KINDS}
    for session, found in turns.exclude(bias=[]).values_list("session_id", "bias").iterator(chunk_size=_FETCH):
        for kind, _ in found:
            kinds[kind].add(session)
    return {
        "conversations": turns.values("session_id").distinct().count(),
        "kinds": {kind: len(sessions) for kind, sessions in kinds.items()},
    }


def _train(version: ModelVersion, manifest: dict[str, Any]) -> Iterator[dict[str, str]]:
    lines = (line["metadata"] for split, line in release_lines(version.release, manifest) if split == "train")
    for page in _pages(lines, _FETCH):
        records = _by_hash(version, [metadata["content_hash"] for metadata in page])
        for metadata in page:
            record = records.get(metadata["content_hash"])
            yield groups_of(metadata.get("origin") or {}) | _groups(record, {"source": metadata["source"]})


def _pages(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    left = iter(items)
    while page := list(islice(left, size)):
        yield page


def _by_hash(version: ModelVersion, hashes: Iterable[str]) -> dict[str, Record]:
    rows = Record.objects.filter(project=version.project_id, content_hash__in=list(hashes)).defer("messages")
    return {row.content_hash: row for row in rows}


def _groups(record: Record | None, slices: dict[str, str]) -> dict[str, str]:
    """What the evaluation sliced by, where the record itself says nothing."""
    known = {name: slices[name] for name in ATTRIBUTES if slices.get(name)}
    if record is None:
        return known
    told = groups_of(record.metadata)
    return known | told | {"source": record.source, "edge_case": "yes" if record.is_edge_case else "no"}
