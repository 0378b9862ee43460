"""One box that takes any id, hash or its first digits, version or score, and leads to the page of it.

Each kind is looked up in an index (exact keys, or a range of hashes), among what the person may see, a few of each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse

from annotation.models import Annotation, Round
from datasets_app.models import LabelSnapshot, Record, Release, SnapshotLabel
from inference.models import ScoreLog
from pixelhub.accounts.access import capabilities, projects_of
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.audit.models import AuditEvent
from review.models import Campaign, SignOff
from review.onward.reach import page_of
from training_app.models import Evaluation, ModelVersion, TrainingRun

__all__ = ["Hit", "search_evidence"]

#: So many of a kind are shown.
MOST: Final = 10
_LEAST_DIGITS: Final = 6  # of a hash: fewer would find half the hub
_HASH: Final = re.compile(rf"(?:sha256:)?([0-9a-f]{{{_LEAST_DIGITS},64}})", re.IGNORECASE)
_NUMBERED: Final = re.compile(r"(?:([a-z]+)\s*)?#?\s*([0-9]{1,15})", re.IGNORECASE)
_AFTER: Final = "g"  # comes after every hexadecimal digit


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: what kind of thing it is, its name, its hash or state, and its page."""

    kind: str
    name: str
    detail: str
    url: str


class _Seen:
    """What a person may look for: the keys of their projects, by capability."""

    def __init__(self, user: User) -> None:
        self.user = user
        self._projects = list(projects_of(user))

    def of(self, capability: Capability) -> list[Project]:
        return [each for each in self._projects if capability in capabilities(self.user, each)]


def search_evidence(user: User, text: str) -> list[Hit]:
    """What this text names, among what the person may see; the best kinds first. Never raises for what it cannot read.

    Understood: "record 12" or "12", a UUID of a score, six or more digits of any hash, the number of a version or a
    release ("1.2.0", "v1.2.0"), the name of a run.
    """
    asked = " ".join(text.replace("\x00", "").split())[:100]
    if not asked:
        return []
    seen = _Seen(user)
    found: dict[str, Hit] = {}
    for hit in _hits(seen, asked):
        found.setdefault(hit.url + hit.kind, hit)
    return list(found.values())


def _hits(seen: _Seen, asked: str) -> Iterator[Hit]:
    with suppress(ValueError):
        yield from _scores(seen, Q(pk=UUID(asked)))
    yield from _named(seen, asked)
    numbered = _NUMBERED.fullmatch(asked)
    if numbered:
        yield from _by_number(seen, (numbered[1] or "").lower().rstrip("s"), int(numbered[2]))
    digits = _HASH.fullmatch(asked)
    if digits:
        yield from _by_hash(seen, digits[1].lower())


def _begins(name: str, digits: str) -> Q:
    return Q(**{f"{name}__gte": digits, f"{name}__lt": digits + _AFTER})


def _content(digits: str) -> Q:
    return _begins("content_hash", f"sha256:{digits}")


def _named(seen: _Seen, asked: str) -> Iterator[Hit]:
    number = asked.removeprefix("version ").removeprefix("release ")
    either = Q(version=number) | Q(version=number.removeprefix("v"))
    yield from _versions(seen, either)
    yield from _releases(seen, either)
    yield from _runs(seen, Q(name=asked.removeprefix("run ")))
    yield from _records(seen, Q(external_id=asked))


def _by_number(seen: _Seen, kind: str, number: int) -> Iterator[Hit]:
    finders: dict[str, Callable[[_Seen, Q], Iterable[Hit]]] = {
        "annotation": _annotations,
        "label": _labels,
        "record": _records,
        "sample": _records,
        "snapshot": lambda who, _: _snapshots(who, Q(number=number)),
        "release": _releases,
        "run": _runs,
        "version": _versions,
        "event": lambda who, _: _events(who, Q(seq=number)),
    }
    chosen = [finders[kind]] if kind in finders else [] if kind else list(dict.fromkeys(finders.values()))
    for finder in chosen:
        yield from finder(seen, Q(pk=number))


def _by_hash(seen: _Seen, digits: str) -> Iterator[Hit]:
    yield from _versions(seen, _begins("bundle_sha256", digits))
    yield from _releases(seen, _begins("manifest_sha256", digits))
    yield from _snapshots(seen, _begins("sha256", digits))
    yield from _runs(seen, _begins("config_sha256", digits))
    yield from _records(seen, _content(digits) | _begins("record_hash", digits))
    yield from _labels(seen, _begins("label_sha256", digits))
    yield from _annotations(seen, _begins("sha256", digits))
    yield from _signed(seen, digits)
    yield from _scores(seen, _content(digits))
    yield from _events(seen, _begins("hash", digits))


def _few(rows: QuerySet[Any]) -> Iterable[Any]:
    return rows[:MOST]


def _scores(seen: _Seen, which: Q) -> Iterator[Hit]:
    projects = seen.of(Capability.SCORE_VIEW)
    rows = ScoreLog.objects.filter(which, project__in=projects).order_by() if projects else ScoreLog.objects.none()
    for row in _few(rows):
        yield Hit("Score", str(row.pk), f"answered by {row.model_version}", reverse("review:evidence", args=[row.pk]))


def _versions(seen: _Seen, which: Q) -> Iterator[Hit]:
    for row in _few(ModelVersion.objects.filter(which, project__in=seen.of(Capability.MODEL_VIEW))):
        yield Hit("Model version", row.version, row.bundle_sha256, page_of("version", row.pk))


def _releases(seen: _Seen, which: Q) -> Iterator[Hit]:
    for row in _few(Release.objects.filter(which, project__in=seen.of(Capability.DATASET_VIEW))):
        yield Hit("Release", row.version, row.manifest_sha256, page_of("release", row.pk))


def _snapshots(seen: _Seen, which: Q) -> Iterator[Hit]:
    for row in _few(LabelSnapshot.objects.filter(which, project__in=seen.of(Capability.DATASET_VIEW))):
        yield Hit("Label snapshot", f"{row.number}", row.sha256, page_of("snapshot", row.pk))


def _runs(seen: _Seen, which: Q) -> Iterator[Hit]:
    for row in _few(TrainingRun.objects.filter(which, project__in=seen.of(Capability.TRAINING_VIEW))):
        yield Hit("Training run", row.name, row.config_sha256, page_of("run", row.pk))


def _records(seen: _Seen, which: Q) -> Iterator[Hit]:
    rows = Record.objects.filter(which, project__in=seen.of(Capability.DATASET_VIEW)).only("pk", "content_hash")
    for row in _few(rows.order_by("pk")):
        yield Hit("Record", f"{row.pk}", row.content_hash, page_of("record", row.pk))


def _labels(seen: _Seen, which: Q) -> Iterator[Hit]:
    rows = SnapshotLabel.objects.filter(which, snapshot__project__in=seen.of(Capability.DATASET_VIEW))
    for row in _few(rows.select_related("snapshot")):
        yield Hit("Label", f"{row.pk} of snapshot {row.snapshot.number}", row.label_sha256, page_of("label", row.pk))


def _annotations(seen: _Seen, which: Q) -> Iterator[Hit]:
    """Anybody's for who sees the work, but not of a round in which they label now; one's own for an annotator."""
    open_to = Q(item__round__project__in=seen.of(Capability.AGREEMENT_VIEW)) & ~Q(
        item__round__in=Round.objects.filter(state=Round.State.OPEN, round_annotators__annotator=seen.user)
    )
    own = Q(annotator=seen.user, item__round__project__in=seen.of(Capability.ANNOTATE))
    for row in _few(Annotation.objects.filter(which).filter(open_to | own).only("pk", "sha256")):
        yield Hit("Annotation", f"{row.pk}", row.sha256, page_of("annotation", row.pk))


def _signed(seen: _Seen, digits: str) -> Iterator[Hit]:
    """Figures, reviews and signatures: they lead to the version that they are of."""
    projects = seen.of(Capability.MODEL_VIEW)
    for row in _few(
        Evaluation.objects.filter(_begins("sha256", digits), model_version__project__in=projects).select_related(
            "model_version"
        )
    ):
        yield Hit("Evaluation", f"of version {row.model_version}", row.sha256, page_of("version", row.model_version_id))
    for campaign in _few(Campaign.objects.filter(_begins("sha256", digits), project__in=projects)):
        url = reverse("review:campaign_detail", args=[campaign.pk])
        yield Hit("Expert review", f"campaign {campaign.pk}", campaign.sha256, url)
    for signoff in SignOff.objects.filter(project__in=projects).order_by("-pk")[:1000]:
        digest = str(signoff.document.get("evidence_sha256", ""))
        if digest.startswith(digits):
            yield Hit("Sign-off", f"{signoff.pk}", digest, reverse("review:signoff", args=[signoff.model_version_id]))


def _events(seen: _Seen, which: Q) -> Iterator[Hit]:
    projects = [each.pk for each in seen.of(Capability.AUDIT_VIEW)]
    for row in _few(AuditEvent.objects.filter(which, project_id__in=projects)):
        url = f"{reverse('audit:list')}?identifier={row.seq}"
        yield Hit("Audit event", f"{row.seq}: {row.action}", row.hash, url)
