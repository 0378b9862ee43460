"""Reads of annotation. What a person may see is decided in `access.py`; what an annotator sees stays blind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from annotation import conf
from annotation.agreement import Ratings, figures, krippendorff_alpha
from annotation.agreement.aggregation import disagree, harm_order
from annotation.models import Annotation, Flag, Guideline, Round, RoundItem, Slot
from annotation.selectors_adjudication import flags_for
from annotation.selectors_digest import unread_digests
from annotation.votes import vote_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES, SEVERITIES
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability, Role
from pixelhub.ui.actions import NextAction

__all__ = [
    "Progress",
    "agreement_of",
    "annotator_progress",
    "disagreements",
    "items_with_labels",
    "labelled_today",
    "next_actions",
    "open_round_for",
    "recent_annotations",
    "round_progress",
    "round_ratings",
    "rounds_visible_to",
]

CACHE_SECONDS = 600


@dataclass(frozen=True)
class Progress:
    """Asked-for labels of a round's work samples and how many are there (hidden gold and repeats don't count)."""

    done: int
    total: int
    samples: int
    complete: int

    @property
    def remaining(self) -> int:
        return self.total - self.done


def rounds_visible_to(user: User, project: Project) -> QuerySet[Round]:
    """All rounds for those who manage, judge or read agreement; an annotator sees the rounds they are invited to."""
    rounds = Round.objects.filter(project=project).select_related("guideline", "snapshot")
    if any(can(user, project, c) for c in (Capability.ROUND_MANAGE, Capability.AGREEMENT_VIEW, Capability.ADJUDICATE)):
        return rounds
    return rounds.filter(round_annotators__annotator=user).exclude(state=Round.State.DRAFT)


def round_progress(round: Round) -> Progress:
    """Labels done of those asked for, and samples that have all of theirs."""
    work = round.items.filter(purpose=RoundItem.Purpose.WORK)
    asked = work.aggregate(samples=Count("pk"), labels=Sum("labels_wanted"))
    done = Slot.objects.filter(item__in=work, state=Slot.State.DONE).count()
    complete = (
        work.annotate(labels=Count("slots", filter=Q(slots__state=Slot.State.DONE)))
        .filter(labels__gte=F("labels_wanted"))
        .count()
    )
    return Progress(done=done, total=asked["labels"] or 0, samples=asked["samples"], complete=complete)


def annotator_progress(round: Round) -> list[dict[str, Any]]:
    """Per invited person: labels of real work done, held and skipped."""
    people = User.objects.filter(pk__in=round.round_annotators.values("annotator")).order_by("pseudonym")
    counted = {
        (row["annotator"], row["state"]): row["n"]
        for row in Slot.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK, annotator__isnull=False)
        .order_by()
        .values("annotator", "state")
        .annotate(n=Count("pk"))
    }
    return [
        {"person": person, **{state: counted.get((person.pk, state), 0) for state in ("done", "leased", "skipped")}}
        for person in people
    ]


def round_ratings(round: Round) -> Ratings:
    """Crisis types as ratings: items by id, raters by pseudonym, categories in the taxonomy's order."""
    return _ratings(round, "crisis_type", CRISIS_TYPES)


def agreement_of(round: Round) -> dict[str, Any]:
    """Live agreement figures, computed again only when a label came or changed."""
    labels = Annotation.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK)
    stamp = labels.aggregate(n=Count("pk"), last=Max("revisions__pk"), at=Max("revisions__submitted_at"))
    moment = stamp["at"].timestamp() if stamp["at"] else 0
    key = f"annotation:agreement:{round.pk}:{stamp['n']}:{stamp['last']}:{moment}"
    found = cache.get(key)
    if found is None:
        found = figures(round_ratings(round), gate=conf.gate(), seed=round.seed)
        severity = _ratings(round, "severity", [str(level) for level in SEVERITIES])
        found["severity_alpha"] = krippendorff_alpha(severity, "ordinal")
        cache.set(key, found, CACHE_SECONDS)
    return found


def items_with_labels(round: Round) -> list[RoundItem]:
    """Every work item with its record (text deferred), annotations (with annotators) and adjudication, in order."""
    items = (
        round.items.filter(purpose=RoundItem.Purpose.WORK)
        .select_related("record", "adjudication")
        .defer("record__messages", "record__metadata")
    )
    return list(items.prefetch_related("annotations__annotator"))


def disagreements(round: Round) -> list[RoundItem]:
    """Items whose raters disagree, the one that could hurt somebody most first."""
    found = []
    for item in items_with_labels(round):
        votes = [vote_of(annotation) for annotation in item.annotations.all()]
        if len(votes) >= item.labels_wanted and disagree(votes):
            found.append((harm_order(votes), item.position, item))
    return [item for _, _, item in sorted(found, key=lambda entry: entry[:2])]


def open_round_for(user: User, project: Project) -> Round | None:
    """An open round with something left for this person to label; the oldest first."""
    rounds = Round.objects.filter(project=project, state=Round.State.OPEN, round_annotators__annotator=user)
    return next((found for found in rounds.order_by("number") if left_for(found, user)), None)


def left_for(round: Round, user: User) -> int:
    """Samples that this person could still label: with room, and not seen by them, or held by them now."""
    seen = Slot.objects.filter(item__round=round, annotator=user).exclude(state=Slot.State.LEASED)
    room = Q(slots__state=Slot.State.FREE) | Q(slots__state=Slot.State.LEASED)
    room &= Q(slots__reserved_for__isnull=True) | Q(slots__reserved_for=user)
    items = round.items.filter(room).exclude(pk__in=seen.values("item")).distinct()
    if round.is_learning or items.filter(purpose=RoundItem.Purpose.WORK).exists():
        return items.count()
    # Hidden samples are handed out beside real work only; those that are held still count.
    return Slot.objects.filter(item__round=round, annotator=user, state=Slot.State.LEASED).count()


def labelled_today(round: Round, user: User) -> int:
    """This person's labels of the round since midnight, in the hub's time zone."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Annotation.objects.filter(item__round=round, annotator=user, submitted_at__gte=midnight).count()


def recent_annotations(round: Round, user: User) -> QuerySet[Annotation]:
    """This person's last labels of the round, newest first."""
    mine = Annotation.objects.filter(item__round=round, annotator=user).select_related("slot__item__record")
    return mine.order_by("-submitted_at", "-pk")[: conf.EDITABLE]


def next_actions(user: User, project: Project) -> list[NextAction]:
    """What this person could do in annotation now."""
    found: list[NextAction] = []
    if can(user, project, Capability.ANNOTATE):
        found += _to_label(user, project)
    found += _to_read(user, project)
    found += _to_look_into(user, project)
    if can(user, project, Capability.ADJUDICATE):
        found += _to_adjudicate(project)
    if can(user, project, Capability.GUIDELINE_APPROVE):
        found += _to_approve(project)
    if can(user, project, Capability.ROUND_MANAGE):
        found += _to_manage(project)
    return found


def _to_label(user: User, project: Project) -> list[NextAction]:
    round = open_round_for(user, project)
    if round is None:
        return []
    url = reverse("annotation:round_label", args=[round.pk])
    detail = f"{round.name}. Text stays blurred until you choose to read."
    return [NextAction("Label conversations", detail, url, 20, left_for(round, user), Role.ANNOTATOR)]


def _to_adjudicate(project: Project) -> list[NextAction]:
    found = []
    for round in Round.objects.filter(project=project, state=Round.State.CLOSED):
        waiting = sum(1 for item in disagreements(round) if not hasattr(item, "adjudication"))
        if waiting:
            url = reverse("annotation:round_adjudicate", args=[round.pk])
            found.append(NextAction("Decide disagreements", round.name, url, 15, waiting, Role.QA))
    return found


def _to_look_into(user: User, project: Project) -> list[NextAction]:
    """Flags that wait, each for whoever may resolve it; a person may be in danger, so the lead's come first."""
    waiting = Counter(flags_for(user, project).order_by().values_list("kind", flat=True))
    url = reverse("annotation:flags")
    words = {
        Flag.Kind.CLINICAL: ("Flagged for the clinical lead", "Annotators want you to read these.", 12),
        Flag.Kind.PII: ("Flagged: personal data", "Annotators saw identifiers in these.", 16),
    }
    roles = {Flag.Kind.CLINICAL: Role.CLINICAL_LEAD, Flag.Kind.PII: Role.DATA_ENGINEER}
    return [
        NextAction(title, detail, url, priority, waiting[kind], roles[kind])
        for kind, (title, detail, priority) in words.items()
        if waiting[kind]
    ]


def _to_read(user: User, project: Project) -> list[NextAction]:
    return [
        NextAction(
            "What became of your labels",
            f"{round.name} is decided. This is for you alone.",
            reverse("annotation:round_digest", args=[round.pk]),
            55,
            role=Role.ANNOTATOR,
        )
        for round in unread_digests(user, project)
    ]


def _to_approve(project: Project) -> list[NextAction]:
    drafts = Guideline.objects.filter(project=project, state=Guideline.State.DRAFT)
    return [
        NextAction(
            f"Approve guideline version {draft.version}",
            "No round opens before its guideline is approved.",
            reverse("annotation:guideline_detail", args=[draft.pk]),
            18,
            role=Role.CLINICAL_LEAD,
        )
        for draft in drafts
    ]


def _to_manage(project: Project) -> list[NextAction]:
    drafts = Round.objects.filter(project=project, state=Round.State.DRAFT)
    found = [
        NextAction("Open the round", draft.name, reverse("annotation:round_detail", args=[draft.pk]), 40, role=Role.QA)
        for draft in drafts
    ]
    for round in Round.objects.filter(project=project, state=Round.State.OPEN):
        progress = round_progress(round)
        if progress.remaining == 0:
            url = reverse("annotation:round_detail", args=[round.pk])
            found.append(NextAction("Close the round", f"{round.name}: all labels are in.", url, 30, role=Role.QA))
    return found


def _ratings(round: Round, field: str, categories: Sequence[str]) -> Ratings:
    rows = (
        Annotation.objects.filter(item__round=round, item__purpose=RoundItem.Purpose.WORK)
        .exclude(**{f"{field}__isnull": True})
        .order_by("item__position", "annotator__pseudonym")
        .values_list("item_id", "annotator__pseudonym", field)
    )
    return Ratings.from_triples(((str(item), rater, str(value)) for item, rater, value in rows), categories)
