"""Reads of annotation. What a person may see is decided in `access.py`; what an annotator sees stays blind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from annotation import conf
from annotation.actions_qualification import qualification_actions
from annotation.agreement.aggregation import disagree, harm_order
from annotation.models import Annotation, Flag, Round, RoundItem, Slot
from annotation.selectors_adjudication import flags_for
from annotation.selectors_agreement import agreement_of, round_labels, round_ratings
from annotation.selectors_assignment import anything_left_for, left_for
from annotation.selectors_digest import unread_digests
from annotation.selectors_guidelines import guideline_actions
from annotation.selectors_load import care_actions
from annotation.selectors_qualification import work_refusal
from annotation.selectors_quality import quality_actions
from annotation.votes import vote_of
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
    "may_see_round",
    "next_actions",
    "open_round_for",
    "recent_annotations",
    "round_labels",
    "round_progress",
    "round_ratings",
    "rounds_visible_to",
]


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
    if _sees_all_rounds(user, project):
        return rounds
    return rounds.filter(round_annotators__annotator=user).exclude(state=Round.State.DRAFT)


def may_see_round(user: User, round: Round, *, invited: bool) -> bool:
    """`rounds_visible_to` for a round at hand, of which the caller knows whether this person is invited to it."""
    return _sees_all_rounds(user, round.project) or (invited and round.state != Round.State.DRAFT)


def _sees_all_rounds(user: User, project: Project) -> bool:
    seeing = (Capability.ROUND_MANAGE, Capability.AGREEMENT_VIEW, Capability.ADJUDICATE)
    return any(can(user, project, capability) for capability in seeing)


def round_progress(round: Round) -> Progress:
    """Labels done of those asked for, and samples that have all of theirs."""
    work = round.items.filter(purpose=RoundItem.Purpose.WORK)
    asked = work.aggregate(samples=Count("pk"), labels=Sum("labels_wanted"))
    done = Slot.objects.filter(round=round, state=Slot.State.DONE, item__purpose=RoundItem.Purpose.WORK).count()
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
        for row in Slot.objects.filter(round=round, item__purpose=RoundItem.Purpose.WORK, annotator__isnull=False)
        .order_by()
        .values("annotator", "state")
        .annotate(n=Count("pk"))
    }
    return [
        {"person": person, **{state: counted.get((person.pk, state), 0) for state in ("done", "leased", "skipped")}}
        for person in people
    ]


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
    """An open round of real work with something left for this person to label; the oldest first.

    None where real work is not open to them (not qualified, or paused).
    """
    if work_refusal(project.pk, user) is not None:
        return None
    rounds = Round.objects.filter(project=project, state=Round.State.OPEN, round_annotators__annotator=user)
    rounds = rounds.exclude(kind__in=Round.LEARNING).order_by("number")
    return next((found for found in rounds if anything_left_for(found, user)), None)


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
    found = care_actions(user, project)
    if can(user, project, Capability.ANNOTATE):
        found += _to_label(user, project)
    found += _to_read(user, project)
    found += _to_look_into(user, project)
    if can(user, project, Capability.ADJUDICATE):
        found += _to_adjudicate(project)
    found += guideline_actions(user, project)
    found += quality_actions(user, project)
    found += qualification_actions(user, project)
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


def _to_manage(project: Project) -> list[NextAction]:
    drafts = Round.objects.filter(project=project, state=Round.State.DRAFT)
    found = [
        NextAction("Open the round", draft.name, reverse("annotation:round_detail", args=[draft.pk]), 40, role=Role.QA)
        for draft in drafts
    ]
    for round in Round.objects.filter(project=project, state=Round.State.OPEN).exclude(kind__in=Round.LEARNING):
        progress = round_progress(round)
        if progress.remaining == 0:
            url = reverse("annotation:round_detail", args=[round.pk])
            found.append(NextAction("Close the round", f"{round.name}: all labels are in.", url, 30, role=Role.QA))
    return found
