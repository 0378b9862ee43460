"""Are edge cases still in the training data (rule 1)? Proven from imports, rows and the release's own files.

Every conversation that anybody tagged, the input or people, is looked for in the release that the version was trained
on. Where it is not, a reason is found or the answer is no. The release's files are read and hashed, not believed.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from datasets_app.corpus.taxonomy import SPLITS
from datasets_app.models import DuplicatePair, ImportBatch, QuarantinedRow, Record, Release, SnapshotLabel
from pixelhub.objects import ObjectNotFound, get_store
from review.shards import release_lines, release_manifest
from training_app.models import ModelVersion

__all__ = ["EXPLAINED", "OUTCOMES", "edge_case_document"]

FORMAT: Final = "pixelhub.edge_cases/1"
#: What may have become of a tagged conversation that is in no split, in the order of reading.
OUTCOMES: Final[dict[str, str]] = {
    "train": "in train",
    "val": "in validation",
    "test": "in test",
    "later": "came after the release was begun",
    "copy": "a copy: the conversation that stays is in the release",
    "identifiers": "waiting for the review of identifiers",
    "unlabelled": "no published label yet",
    "withdrawn": "withdrawn",
    "untagged": "in the release, but its tag is lost",
    "copy_lost": "a copy of a conversation that is not in the release",
    "unexplained": "missing without a reason",
}
EXPLAINED: Final = frozenset({"train", "val", "test", "later", "copy", "identifiers", "unlabelled", "withdrawn"})
_UNSPECIFIED: Final = "not said"
_TAG: Final = re.compile(r'"is_(?:training_)?edge_case"\s*:\s*true')
_COPY: Final = re.compile(r"\d+")
_FETCH: Final = 500
_EXAMPLES: Final = 20
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class _Tagged:
    """A conversation that somebody tagged: where it came from and what became of it."""

    content_hash: str
    kind: str
    batch: int
    outcome: str


def edge_case_document(version: ModelVersion, *, progress: Progress = lambda done, total, note: None) -> dict[str, Any]:
    """The proof as plain JSON with its verdict and the problems behind it.

    Raises Refused where the release's files are gone or are not those that were published.
    """
    release = version.release
    manifest = release_manifest(release)
    placed, tagged_lines, totals = _read(release, manifest, progress)
    tagged = _tagged(version, placed, tagged_lines)
    facts = {
        "stated": manifest["edge_cases"],
        "counted": len(tagged_lines),
        "digest_matches": _digest(tagged_lines) == manifest["edge_cases"]["sha256"],
        "gate_passed": all(gate["passed"] for gate in manifest["gates"] if gate["gate"] == "edge_cases"),
        "rows_read_by_training": (version.run.validation or {}).get("rows", {}).get("train"),
        "rows_in_train": totals["train"],
    }
    outcomes = Counter(each.outcome for each in tagged)
    problems = _problems(facts, outcomes)
    return {
        "format": FORMAT,
        "project": version.project.slug,
        "model_version": version.version,
        "bundle_sha256": version.bundle_sha256,
        "release": release.version,
        "release_manifest_sha256": release.manifest_sha256,
        "tagged": len(tagged),
        "outcomes": {name: outcomes[name] for name in OUTCOMES if outcomes[name]},
        "kinds": _by(tagged, lambda each: each.kind),
        "imports": _imports(version, tagged),
        "shares": _shares(tagged_lines, totals),
        "facts": facts,
        "problems": problems,
        "examples": sorted(each.content_hash for each in tagged if each.outcome not in EXPLAINED)[:_EXAMPLES],
        "verdict": "fail" if problems else "pass" if outcomes["train"] else "insufficient_data",
    }


def _problems(facts: dict[str, Any], outcomes: Counter[str]) -> list[str]:
    found = [f"{count} tagged: {OUTCOMES[name]}" for name, count in outcomes.items() if name not in EXPLAINED]
    if facts["counted"] != facts["stated"]["in_release"] or facts["counted"] != facts["stated"]["in_snapshots"]:
        found.append(
            f"the manifest states {facts['stated']['in_snapshots']} edge cases before and "
            f"{facts['stated']['in_release']} after compiling, and {facts['counted']} are in its files"
        )
    if not facts["digest_matches"]:
        found.append("the edge cases in the files are not those that the manifest was sealed over")
    if not facts["gate_passed"]:
        found.append("the release's own gate for edge cases did not pass")
    read = facts["rows_read_by_training"]
    if read is not None and read < facts["rows_in_train"]:
        found.append(f"training read {read} of {facts['rows_in_train']} conversations of train")
    return sorted(found)


def _read(
    release: Release, manifest: dict[str, Any], progress: Progress
) -> tuple[dict[str, str], dict[str, str], Counter[str]]:
    """Split of every conversation, split of every tagged one, and the size of each split."""
    placed, tagged = {}, {}
    totals: Counter[str] = Counter()
    for seen, (split, line) in enumerate(release_lines(release, manifest), start=1):
        key = line["metadata"]["content_hash"]
        placed[key] = split
        totals[split] += 1
        if line["metadata"]["is_training_edge_case"]:
            tagged[key] = split
        if seen % _FETCH == 0:
            progress(seen, manifest["counts"]["total"], "reading the release")
    return placed, tagged, totals


def _tagged(version: ModelVersion, placed: dict[str, str], tagged_lines: dict[str, str]) -> list[_Tagged]:
    """Every tagged conversation of the project, each once, with its outcome; and those that only the release tags."""
    labels = SnapshotLabel.objects.filter(snapshot__releases=version.release)
    by_people = dict(labels.filter(is_edge_case=True).values_list("record_id", "edge_case_kind"))
    labelled = set(labels.values_list("record_id", flat=True))
    hashes = dict(Record.objects.filter(project=version.project_id).values_list("pk", "content_hash"))
    copies = dict(
        DuplicatePair.objects.filter(
            search__project=version.project_id, decision=DuplicatePair.Decision.WITHDRAW
        ).values_list("copy_id", "kept_id")
    )
    found = []
    for record in _records(version, set(by_people)):
        outcome = _outcome(record, version.release, placed, tagged_lines, labelled, copies, hashes)
        kind = by_people.get(record.pk) or record.edge_case_kind or _UNSPECIFIED
        found.append(_Tagged(record.content_hash, kind, record.import_batch_id, outcome))
    return found


def _records(version: ModelVersion, by_people: set[int]) -> Iterator[Record]:
    rows = Record.objects.filter(project=version.project_id).defer("messages", "metadata", "findings").order_by("pk")
    for record in rows.iterator(chunk_size=_FETCH):
        if record.is_edge_case or record.pk in by_people:
            yield record


def _outcome(
    record: Record,
    release: Release,
    placed: dict[str, str],
    tagged_lines: dict[str, str],
    labelled: set[int],
    copies: dict[int, int],
    hashes: dict[int, str],
) -> str:
    if record.content_hash in tagged_lines:
        return tagged_lines[record.content_hash]
    if record.content_hash in placed:
        return "untagged"
    if record.created_at > release.created_at:
        return "later"
    if record.state == Record.State.WITHDRAWN:
        kept = copies.get(record.pk) or _named_in(record.withdrawn_reason)
        if kept is None:
            return "withdrawn"
        return "copy" if hashes.get(kept, "") in placed else "copy_lost"
    if record.pii_state not in Record.PII_SETTLED:
        return "identifiers"
    if release.kind == Release.Kind.LABELS and record.pk not in labelled:
        return "unlabelled"
    return "unexplained"


def _named_in(reason: str) -> int | None:
    """The record that a withdrawn copy says it is like; None for a reason that names none."""
    number = _COPY.search(reason)
    return int(number.group()) if number and "record" in reason else None


def _by(tagged: list[_Tagged], name_of: Callable[[_Tagged], str]) -> list[dict[str, Any]]:
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    for each in tagged:
        groups[name_of(each)][each.outcome] += 1
    return [_counts(outcomes) | {"name": name} for name, outcomes in sorted(groups.items())]


def _counts(outcomes: Counter[str]) -> dict[str, Any]:
    placed = sum(outcomes[split] for split in SPLITS)
    return {
        "tagged": outcomes.total(),
        **{split: outcomes[split] for split in SPLITS},
        "explained": sum(outcomes[name] for name in EXPLAINED) - placed,
        "unexplained": sum(count for name, count in outcomes.items() if name not in EXPLAINED),
    }


def _imports(version: ModelVersion, tagged: list[_Tagged]) -> list[dict[str, Any]]:
    """Each import that brought a tagged conversation or refused a tagged row: in = accepted + duplicate + refused."""
    by_batch: dict[int, list[_Tagged]] = defaultdict(list)
    for each in tagged:
        by_batch[each.batch].append(each)
    rows = []
    for batch in ImportBatch.objects.filter(project=version.project_id).order_by("pk"):
        here, refused = by_batch.get(batch.pk, []), _tagged_refusals(batch)
        if not here and not refused:
            continue
        reasons = QuarantinedRow.objects.filter(batch=batch).values_list("reason", flat=True)
        rows.append(
            {
                "import": batch.pk,
                "name": batch.file_name,
                "file_sha256": batch.file_sha256,
                "read": batch.read,
                "accepted": batch.accepted,
                "duplicates": batch.duplicates,
                "refused": batch.quarantined,
                "refused_tagged": refused,
                "refused_why": dict(sorted(Counter(reasons).items())),
                "by_kind": dict(sorted(Counter(each.kind for each in here).items())),
                **_counts(Counter(each.outcome for each in here)),
            }
        )
    return rows


def _tagged_refusals(batch: ImportBatch) -> int:
    """Rows that could not be read as conversations although they carry the tag; only format refuses a tagged row."""
    if not batch.quarantine_key:
        return 0
    try:
        lines = get_store().read(batch.quarantine_key).splitlines()
    except ObjectNotFound:  # purged with its original
        return 0
    return sum(bool(_TAG.search(orjson.loads(line).get("raw", ""))) for line in lines)


def _shares(tagged_lines: dict[str, str], totals: Counter[str]) -> list[dict[str, Any]]:
    counts = Counter(tagged_lines.values())
    return [{"split": split, "tagged": counts[split], "total": totals[split]} for split in SPLITS]


def _digest(tagged_lines: dict[str, str]) -> str:
    """As the manifest seals it (datasets_app.corpus.counts)."""
    return hashlib.sha256("\n".join(sorted(tagged_lines)).encode()).hexdigest()
