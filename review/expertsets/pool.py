"""What an expert set may be drawn from: labelled conversations that no release trains on, nor anything near them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from datasets_app.corpus.dedup.minhash import BAND_BYTES, DEFAULT_THRESHOLD, bands_of_many, jaccard, text_of
from datasets_app.corpus.expertset.choosing import Candidate
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from datasets_app.selectors import usable_records
from pixelhub.accounts.models import Project
from review.refusal import Refused
from review.shards import release_lines, release_manifest

__all__ = ["REASONS", "Member", "Pool", "pool_of", "published_releases"]

#: So many are compared with the training data; of more, each type's share is drawn by the seed.
MOST_COMPARED: Final = 21_000
#: So many near-copies are named; all are counted.
MOST_NAMED: Final = 500
_CHUNK: Final = 200
_DETAILS: Final = "metadata__input__metadata__"
#: Why conversations are kept out, in words.
REASONS: Final = {
    "without_label": "without a label",
    "beyond_what_is_compared": "beyond what is compared with the training data",
    "in_training": "in a training or validation split",
    "near_training": "nearly the same as one of those",
    "same_origin_as_training": "of the same person, conversation or parent as one of those",
    "not_in_test_split": "not in the test split of the release",
    "same_origin_as_chosen": "of the same person, conversation or parent as one that was chosen",
    "near_chosen": "nearly the same as one that was chosen",
}
Progress = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Member:
    """A candidate with its row's id, what ties it to others, and the label it is balanced by."""

    pk: int
    candidate: Candidate
    severity: int | None
    given_by: str
    groups: frozenset[str]


@dataclass
class Pool:
    """What may be drawn, what was kept out and why, and the releases that were looked at."""

    members: dict[str, Member] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    bands: dict[str, tuple[bytes, ...]] = field(default_factory=dict)
    excluded: Counter[str] = field(default_factory=Counter)
    near: list[dict[str, str]] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    _taken: dict[bytes, list[str]] = field(default_factory=lambda: defaultdict(list))
    _groups: set[str] = field(default_factory=set)

    def takes(self, candidate: Candidate) -> bool:
        """Whether it is neither of the same person nor nearly the same as one that was taken; it is taken if so."""
        key, groups = candidate.key, self.members[candidate.key].groups
        if not self._groups.isdisjoint(groups):
            self.excluded["same_origin_as_chosen"] += 1
            return False
        rivals = {rival for band in self.bands[key] for rival in self._taken.get(band, ())}
        if any(jaccard(self.texts[key], self.texts[rival]) >= DEFAULT_THRESHOLD for rival in rivals):
            self.excluded["near_chosen"] += 1
            return False
        self._groups |= groups
        for band in self.bands[key]:
            self._taken[band].append(key)
        return True

    def drop(self, key: str, reason: str) -> None:
        """Keep a candidate out, for a reason that is counted."""
        if self.members.pop(key, None) is not None:
            self.excluded[reason] += 1


def published_releases(project: Project) -> list[Release]:
    """The project's releases, oldest first. Raises Refused while one is being compiled: what it trains on is open."""
    found = list(Release.objects.filter(project=project).select_related("job").order_by("pk"))
    for release in found:
        if release.is_open:
            raise Refused(f"Release {release.version} is being compiled. Draw the set when it is done.")
    return [release for release in found if release.state == Release.State.PUBLISHED]


def pool_of(project: Project, *, seed: int, within: Release | None = None, progress: Progress) -> Pool:
    """Gather the candidates. `within` takes only those that lie in the test split of that release.

    Raises Refused where a release's files are not there or not what was published: then nobody can say what a model
    was trained on.
    """
    pool = Pool(releases=published_releases(project))
    progress(0, None, "reading labels")
    _gather(pool, project)
    _cap(pool, seed)
    progress(0, None, "comparing candidates")
    for chunk in _texts(pool):
        for (key, text), packed in zip(chunk, bands_of_many([text for _, text in chunk]), strict=True):
            pool.texts[key], pool.bands[key] = text, _cut(packed)
    trained, tested = _look_at_training(pool, within, progress)
    _drop_relatives(pool, project, trained)
    if within is not None:
        for key in [key for key in pool.members if key not in tested]:
            pool.drop(key, "not_in_test_split")
    return pool


def _gather(pool: Pool, project: Project) -> None:
    by_people = dict[int, tuple[str, int | None]]()
    labels = SnapshotLabel.objects.filter(
        snapshot__project=project, snapshot__made_by=LabelSnapshot.MadeBy.ANNOTATORS
    ).order_by("snapshot__number")
    for record_id, kind, severity in labels.values_list("record_id", "crisis_type", "severity").iterator():
        by_people[record_id] = (kind, severity)
    fields = ("pk", "content_hash", "group_keys", "proposed_type", "proposed_severity", "family")
    rows = usable_records(project).values_list(*fields, f"{_DETAILS}scenario_family", f"{_DETAILS}difficulty")
    for pk, key, groups, kind, severity, family, scenario, difficulty in rows.order_by("pk").iterator():
        label = by_people.get(pk)
        given, grade = label or (kind, severity)
        if given not in CRISIS_TYPES:
            pool.excluded["without_label"] += 1
            continue
        cell = scenario if isinstance(scenario, str) and scenario else family
        candidate = Candidate(key, given, cell[:64], difficulty[:64] if isinstance(difficulty, str) else "")
        by = "annotators" if label else "input"
        pool.members[key] = Member(pk, candidate, grade, by, frozenset(groups))


def _cap(pool: Pool, seed: int) -> None:
    """Every candidate is compared with all training data, so their number is bounded: each type's share by the seed."""
    if len(pool.members) <= MOST_COMPARED:
        return
    by_type: dict[str, list[str]] = defaultdict(list)
    for key, member in pool.members.items():
        by_type[member.candidate.crisis_type].append(key)
    share = MOST_COMPARED // len(CRISIS_TYPES)
    for keys in by_type.values():
        keys.sort(key=lambda key: (sha256(f"pool {seed}:{key}".encode()).digest(), key))
        for key in keys[share:]:
            pool.drop(key, "beyond_what_is_compared")


def _texts(pool: Pool) -> Iterator[list[tuple[str, str]]]:
    ids = sorted(member.pk for member in pool.members.values())
    for start in range(0, len(ids), _CHUNK):
        rows = Record.objects.filter(pk__in=ids[start : start + _CHUNK]).values_list("content_hash", "messages")
        yield [(key, text_of(messages)) for key, messages in rows]


def _cut(packed: bytes) -> tuple[bytes, ...]:
    return tuple(packed[place : place + BAND_BYTES] for place in range(0, len(packed), BAND_BYTES))


def _look_at_training(pool: Pool, within: Release | None, progress: Progress) -> tuple[set[str], set[str]]:
    """Drop what lies in a training or validation split, and near-copies. Returns hashes of those splits, and tested."""
    by_band: dict[bytes, list[str]] = defaultdict(list)
    for key, keys in pool.bands.items():
        for band in keys:
            by_band[band].append(key)
    trained: set[str] = set()
    tested: set[str] = set()
    seen = 0
    for release in pool.releases:
        waiting: list[dict[str, Any]] = []
        for split, line in release_lines(release, release_manifest(release)):
            seen += 1
            content = line["metadata"]["content_hash"]
            if split == "test":
                if within is not None and release.pk == within.pk:
                    tested.add(content)
                continue
            if content not in trained:
                trained.add(content)
                pool.drop(content, "in_training")
                waiting.append(line)
            if len(waiting) == _CHUNK:
                _near(pool, by_band, waiting, release)
                waiting = []
                progress(seen, None, f"comparing with release {release.version}")
        _near(pool, by_band, waiting, release)
    return trained, tested


def _near(pool: Pool, by_band: dict[bytes, list[str]], lines: Sequence[dict[str, Any]], release: Release) -> None:
    texts = [text_of(line["messages"]) for line in lines]
    for line, text, packed in zip(lines, texts, bands_of_many(texts), strict=True):
        for key in {key for band in _cut(packed) for key in by_band.get(band, ())}:
            if key in pool.members and jaccard(pool.texts[key], text) >= DEFAULT_THRESHOLD:
                pool.drop(key, "near_training")
                if len(pool.near) < MOST_NAMED:
                    like = line["metadata"]["content_hash"]
                    pool.near.append({"content_hash": key, "like": like, "release": release.version})


def _drop_relatives(pool: Pool, project: Project, trained: set[str]) -> None:
    """Whoever shares an author, a conversation or a parent with training data is no stranger to the model."""
    rows: Iterable[tuple[str, list[str]]] = (
        Record.objects.filter(project=project).order_by("pk").values_list("content_hash", "group_keys").iterator()
    )
    known = {group for key, groups in rows if key in trained for group in groups}
    for key in [key for key, member in pool.members.items() if not known.isdisjoint(member.groups)]:
        pool.drop(key, "same_origin_as_training")
