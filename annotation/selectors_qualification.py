"""Reads about qualification and its watch: where a person stands, which set comes next, who has drifted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from annotation.agreement.experts import pair_kappa
from annotation.agreement.watching import LEAST
from annotation.models import (
    Annotation,
    AnnotationPolicy,
    GoldLabel,
    Guideline,
    Qualification,
    QualificationAttempt,
    Round,
    RoundItem,
    Slot,
)
from annotation.votes import answer_of
from datasets_app.corpus.intervals import wilson
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.accounts.selectors import members_with

ANSWERED = (Slot.State.DONE, Slot.State.SKIPPED)
TELLING = 5  # answers before an expert label's own figures are shown: fewer say who answered, not how hard it is
PAUSED = "Labelling is paused for you for now. QA has been told and will talk with you; your labels are kept."
NOT_QUALIFIED = "This project asks you to qualify before real work: the guideline, some practice, a short test."
STATE = Qualification.State


@dataclass(frozen=True)
class Refusal:
    """Why real work is not open to somebody."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Share:
    """Met of n, with Wilson's 95% interval."""

    met: int
    n: int

    @property
    def share(self) -> float | None:
        return self.met / self.n if self.n else None

    @property
    def low(self) -> float:
        return wilson(self.met, self.n)[0]

    @property
    def high(self) -> float:
        return wilson(self.met, self.n)[1]


def work_refusal(project_id: int, annotator: User, policy: AnnotationPolicy | None = None) -> Refusal | None:
    """The one place that says whether somebody may be handed real work; None: they may.

    `policy` is the project's, where the caller has it. A pause holds until QA ends it or, where QA sent the person to
    practise, until they have qualified again.
    """
    found = Qualification.objects.filter(project=project_id, annotator=annotator).first()
    if found is not None and found.state == STATE.QUALIFIED:
        return None
    if found is not None and found.state == STATE.PAUSED:
        return Refusal("paused", PAUSED)
    if found is not None and found.paused_at is not None:
        return Refusal("not_qualified", NOT_QUALIFIED)
    if policy is None:
        policy = AnnotationPolicy.objects.filter(project=project_id).first()
    if policy is not None and policy.qualification_required:
        return Refusal("not_qualified", NOT_QUALIFIED)
    return None


def standing_now(project: Project, annotator: User) -> Qualification:
    """Where this person stands; not stored where nothing has happened yet."""
    found = Qualification.objects.filter(project=project, annotator=annotator).select_related("guideline_read").first()
    return found or Qualification(project=project, annotator=annotator)


def current_guideline(project: Project) -> Guideline | None:
    """The approved version that new sets and readers use."""
    return Guideline.objects.filter(project=project, state=Guideline.State.APPROVED).order_by("-version").first()


def next_set(project: Project, annotator: User, kind: str) -> Round | None:
    """The open set that this person has begun and not finished, else the oldest new to them.

    A qualification must be new sample by sample, or it would test the memory.
    """
    rounds = Round.objects.filter(project=project, kind=kind, state=Round.State.OPEN).order_by("number")
    begun = rounds.filter(pk__in=_unanswered(annotator).values("item__round")).first()
    if begun is not None:
        return begun
    fresh = rounds.exclude(Exists(Slot.objects.filter(item__round=OuterRef("pk"), reserved_for=annotator)))
    if kind == Round.Kind.QUALIFICATION:
        met = Slot.objects.filter(annotator=annotator, item__record=OuterRef("record"))
        fresh = fresh.exclude(Exists(RoundItem.objects.filter(Exists(met), round=OuterRef("pk"))))
    return fresh.first()


def practice_left(project: Project, annotator: User) -> bool:
    """Whether there is practice to do before a qualification: a set begun, or none finished and one to begin."""
    mine = Slot.objects.filter(reserved_for=annotator, item__round__project=project)
    mine = mine.filter(item__round__kind=Round.Kind.PRACTICE)
    unfinished = mine.exclude(state__in=ANSWERED).filter(item__round__state=Round.State.OPEN).exists()
    return unfinished or (not mine.exists() and next_set(project, annotator, Round.Kind.PRACTICE) is not None)


def answered_in(round: Round, annotator: User) -> tuple[int, int]:
    """Samples of a set that this person has answered, of how many."""
    mine = Slot.objects.filter(item__round=round, reserved_for=annotator)
    return mine.filter(state__in=ANSWERED).count(), mine.count()


def learning_sets(project: Project) -> QuerySet[Round]:
    """All practice and qualification sets with their sizes and how many people entered, newest first."""
    sets = Round.objects.filter(project=project, kind__in=Round.LEARNING).select_related("guideline")
    return sets.annotate(
        samples=Count("items", distinct=True), people=Count("round_annotators", distinct=True)
    ).order_by("-number")


def attempts_of(project: Project, annotator: User) -> QuerySet[QualificationAttempt]:
    """A person's runs through qualification sets, newest first."""
    attempts = QualificationAttempt.objects.filter(qualification__project=project, qualification__annotator=annotator)
    return attempts.select_related("round")


def hidden_outcomes(*, standing: Qualification, last: int | None = None) -> list[bool]:
    """Whether each hidden expert label was met since the watch began, oldest first; with `last`, the last so many."""
    answers = _hidden_answers(standing.project).filter(annotator=standing.annotator_id).order_by("-submitted_at", "-pk")
    if standing.watched_from is not None:
        answers = answers.filter(submitted_at__gte=standing.watched_from)
    return [_met(row) for row in answers[:last]][::-1]


def drift_rows(project: Project, policy: AnnotationPolicy) -> list[dict[str, Any]]:
    """Per annotator: where they stand, hidden expert labels met (window and ever), agreement with themself.

    Paused ones first, then the lowest share of the window.
    """
    met: dict[int, list[tuple[Any, bool]]] = defaultdict(list)
    for row in _hidden_answers(project).order_by("submitted_at", "pk"):
        met[row.annotator_id].append((row.submitted_at, _met(row)))
    repeats = repeat_pairs(Annotation.objects.filter(item__round__project=project))
    standings = {found.annotator_id: found for found in Qualification.objects.filter(project=project)}
    rows = []
    for person in _watched_people(project, {*met, *standings}):
        standing = standings.get(person.pk) or Qualification(project=project, annotator=person)
        since = standing.watched_from
        recent = [ok for at, ok in met[person.pk] if since is None or at >= since][-policy.gold_window :]
        ever = [ok for _, ok in met[person.pk]]
        rows.append(
            {
                "person": person,
                "standing": standing,
                "window": Share(sum(recent), len(recent)),
                "ever": Share(sum(ever), len(ever)),
                "enough": len(recent) >= LEAST,
                **self_agreement(repeats[person.pk]),
            }
        )
    return sorted(rows, key=_most_worrying)


def repeat_pairs(annotations: QuerySet[Annotation]) -> dict[int, list[tuple[str, str]]]:
    """Per person the types of a sample's first label and of its hidden repeat, in the order of the repeats."""
    repeats = list(
        annotations.filter(item__purpose=RoundItem.Purpose.REPEAT)
        .order_by("submitted_at", "pk")
        .values_list("annotator", "item__repeat_of", "crisis_type")
    )
    firsts = {
        (annotator, item): kind
        for annotator, item, kind in Annotation.objects.filter(item__in={item for _, item, _ in repeats})
        .order_by()
        .values_list("annotator", "item", "crisis_type")
    }
    pairs: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for annotator, item, kind in repeats:
        if item is not None and (annotator, item) in firsts:
            pairs[annotator].append((firsts[annotator, item], kind))
    return pairs


def self_agreement(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """{"same": Share, "self_kappa", "self_interval"}: how often somebody says the same again."""
    kappa = pair_kappa(pairs, CRISIS_TYPES)
    same = Share(sum(first == second for first, second in pairs), len(pairs))
    return {"same": same, "self_kappa": kappa["kappa"], "self_interval": kappa["kappa_interval"]}


def own_rounds(project: Project, annotator: User) -> list[dict[str, Any]]:
    """A person's own figures in rounds that are over, newest first: not before, because labelling is blind."""
    over = (Round.State.CLOSED, Round.State.PUBLISHED)
    rounds = Round.objects.filter(project=project, round_annotators__annotator=annotator, state__in=over)
    found = []
    for round in rounds.exclude(kind__in=Round.LEARNING).order_by("-number"):
        mine = Annotation.objects.filter(item__round=round, annotator=annotator)
        outcomes = [_met(row) for row in _hidden_answers(project).filter(item__round=round, annotator=annotator)]
        figures = {"gold": Share(sum(outcomes), len(outcomes)), **self_agreement(repeat_pairs(mine)[annotator.pk])}
        if figures["gold"].n or figures["same"].n:
            found.append({"round": round, **figures})
    return found


def gold_filtered(
    project: Project, *, use: str = "", crisis_type: str = "", retired: bool = False
) -> QuerySet[GoldLabel]:
    """Expert labels of the project, newest first; the texts deferred."""
    found = GoldLabel.objects.filter(project=project, retired_at__isnull=not retired)
    if use:
        found = found.filter(use=use)
    if crisis_type:
        found = found.filter(crisis_type=crisis_type)
    found = found.select_related("record", "set_by", "guideline").defer("record__messages", "record__metadata")
    return found.order_by("-pk")


def gold_answers(golds: Iterable[GoldLabel]) -> dict[int, Share]:
    """How people do on each expert label, over all rounds; left out with fewer than five answers."""
    by_pk = {gold.pk: gold for gold in golds}
    rows = Annotation.objects.filter(item__gold__in=by_pk).order_by().values_list("item__gold", "crisis_type")
    counts: dict[int, list[bool]] = defaultdict(list)
    for pk, kind in rows:
        counts[pk].append(kind == by_pk[pk].crisis_type or kind in by_pk[pk].also_accepted)
    return {pk: Share(sum(met), len(met)) for pk, met in counts.items() if len(met) >= TELLING}


def _hidden_answers(project: Project) -> QuerySet[Annotation]:
    answers = Annotation.objects.filter(item__round__project=project, item__purpose=RoundItem.Purpose.GOLD)
    return answers.exclude(item__round__kind__in=Round.LEARNING).select_related("item__gold")


def _met(row: Annotation) -> bool:
    assert row.item.gold is not None  # the database holds it for every sample of this purpose
    return answer_of(row, row.item.gold).met


def _unanswered(annotator: User) -> QuerySet[Slot]:
    return Slot.objects.filter(reserved_for=annotator).exclude(state__in=ANSWERED)


def _watched_people(project: Project, known: set[int]) -> list[User]:
    now = members_with(project, Capability.ANNOTATE).values("pk")
    return list(User.objects.filter(Q(pk__in=now) | Q(pk__in=known)).order_by("username"))


def _most_worrying(row: dict[str, Any]) -> tuple[bool, float, str]:
    share = row["window"].share
    return row["standing"].state != STATE.PAUSED, 2.0 if share is None else share, row["person"].username
