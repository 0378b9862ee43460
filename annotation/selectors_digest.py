"""What became of one person's labels of a decided round: for that person alone."""

from __future__ import annotations

from dataclasses import dataclass

from annotation.guideline_text import sections
from annotation.models import Adjudication, Annotation, Round, RoundAnnotator, RoundItem
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from datasets_app.models import SnapshotLabel
from pixelhub.accounts.models import Project, User


@dataclass(frozen=True)
class Changed:
    """A label of this person's that the published one differs from, and why; `reason` only where somebody decided."""

    item: RoundItem
    mine: Annotation
    published: SnapshotLabel
    reason: str
    section: str

    @property
    def position(self) -> int:
        return self.item.position

    @property
    def severity_only(self) -> bool:
        return self.mine.crisis_type == self.published.crisis_type


@dataclass(frozen=True)
class TypeRow:
    """Of the samples that the group decided to be this type, how many this person named so."""

    crisis_type: str
    samples: int
    met: int


@dataclass(frozen=True)
class Digest:
    """One person's round: labels that stood, labels that were changed, agreement with the decision by type."""

    labels: int
    published: int
    changed: list[Changed]
    types: list[TypeRow]

    @property
    def stood(self) -> int:
        return self.published - len(self.changed)

    @property
    def left_out(self) -> int:
        return self.labels - self.published


def digest_of(user: User, round: Round) -> Digest:
    """This person's labels of a published round beside what was published."""
    mine = Annotation.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK, annotator=user)
    mine = mine.select_related("item__record").order_by("item__position")
    published = {label.record_id: label for label in SnapshotLabel.objects.filter(snapshot=round.snapshot_id)}
    ruled = {row.item_id: row for row in Adjudication.objects.filter(item__round=round)}
    titles = {section.code: section.title for section in sections(round.guideline.markdown)}
    changed, counted = [], {kind: [0, 0] for kind in CRISIS_TYPES}
    labels = list(mine)
    known = [(label, published[label.item.record_id]) for label in labels if label.item.record_id in published]
    for label, final in known:
        counted[final.crisis_type][0] += 1
        counted[final.crisis_type][1] += label.crisis_type == final.crisis_type
        if (label.crisis_type, label.severity) != (final.crisis_type, final.severity):
            ruling = ruled.get(label.item_id)
            section = titles.get(ruling.guideline_section, ruling.guideline_section) if ruling else ""
            changed.append(Changed(label.item, label, final, ruling.reason if ruling else "", section))
    return Digest(
        labels=len(labels),
        published=len(known),
        changed=sorted(changed, key=lambda entry: (entry.severity_only, entry.position)),
        types=[TypeRow(kind, total, met) for kind, (total, met) in counted.items() if total],
    )


def unread_digests(user: User, project: Project) -> list[Round]:
    """Decided rounds in which this person labelled and whose digest they have not opened."""
    seats = RoundAnnotator.objects.filter(
        annotator=user, digest_read_at__isnull=True, round__project=project, round__state=Round.State.PUBLISHED,
        round__items__annotations__annotator=user,
    )  # fmt: skip
    return list(Round.objects.filter(round_annotators__in=seats).distinct().order_by("-number"))
