"""Simulated experts: accounts marked as such, who judge a campaign's cases through the real services."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datasets_app.corpus.taxonomy import NONE_TYPE, SIX_TYPES
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, user_create
from review.judged import case_consensus
from review.models import Campaign, Expert, ReviewCase
from review.refusal import Refused
from review.rubric import RUBRIC
from review.services import case_claim, case_discuss, case_judge, case_judge_at_once, case_label, case_resolve
from review.services.experts import expert_register

__all__ = ["Simulated", "judge_campaign", "resolve_splits", "simulated_experts_ensure"]

SPECIALTIES = (
    Expert.Specialty.PSYCHIATRY,
    Expert.Specialty.PSYCHOLOGY,
    Expert.Specialty.CRISIS_CARE,
    Expert.Specialty.ADDICTION,
    Expert.Specialty.YOUTH,
)
COMMENT = "Written by a simulated expert; nobody read this case."


@dataclass(frozen=True, slots=True)
class Simulated:
    """What the simulated experts did: finished judgements, and cases on which they stayed split."""

    judgements: int
    split: tuple[int, ...]


def simulated_experts_ensure(*, project: Project, count: int, actor: User) -> list[User]:
    """`count` simulated experts of the project, in its register; those who exist already are taken. Safe to repeat.

    They have no password, `is_simulated` is set, and QA's role lets them judge. `actor` manages the register.
    """
    people = []
    for number in range(1, count + 1):
        username = f"sim-expert-{project.slug}-{number}"
        person = User.objects.filter(username=username).first() or user_create(
            username=username, password=None, display_name=f"Simulated expert {number}", is_simulated=True
        )
        membership_grant(project=project, user=person, role=Role.QA)
        if not Expert.objects.filter(project=project, user=person).exists():
            specialty = SPECIALTIES[(number - 1) % len(SPECIALTIES)]
            expert_register(project=project, user=person, actor=actor, specialty=specialty)
        people.append(person)
    return people


def judge_campaign(
    campaign: Campaign, experts: Sequence[User], *, skill: float | Mapping[int, float], seed: int
) -> Simulated:
    """Let the experts work through the campaign in turns until nothing is left for any of them.

    `skill` is how often an expert sees a conversation as its label in the test split does (0 to 1), one number for all
    or by the expert's id; else they name another type, or see or miss a crisis. The same seed gives the same
    judgements. Raises ValueError for somebody not marked as simulated: a program never judges in a person's name.
    """
    people = [person for person in experts if not person.is_simulated]
    if people:
        raise ValueError(f"{people[0].username} is not a simulated account")
    rng = random.Random(seed)  # noqa: S311  (judgements that anyone can make again)
    working = list(experts)
    judgements = 0
    while working:
        for person in tuple(working):
            case = _next(campaign, person)
            if case is None:
                working.remove(person)
                continue
            _judge(campaign, case, person, skill if isinstance(skill, int | float) else skill[person.pk], rng)
            judgements += 1
    split = [case.pk for case in campaign.cases.order_by("position") if case_consensus(case).is_split]
    return Simulated(judgements, tuple(split))


def resolve_splits(campaign: Campaign, *, lead: User) -> int:
    """Decide every case on which the experts are split, by its label in the test split; returns how many.

    `lead` may be a person: of a demo, say. What is written says that nobody read the case.
    """
    decided = 0
    for case in campaign.cases.order_by("position"):
        if not case_consensus(case).is_split:
            continue
        true_type, severity = case.prediction["true_type"], case.prediction["true_severity"] or 3
        case_discuss(case=case, author=lead, text="Decided by a simulation, by the label of the test split.")
        case_resolve(
            case=case,
            actor=lead,
            escalate=true_type != NONE_TYPE,
            crisis_type=true_type,
            severity=None if true_type == NONE_TYPE else severity,
            reason="Decided by a simulation, by the label of the test split. Nobody read the case.",
        )
        decided += 1
    return decided


def _next(campaign: Campaign, person: User) -> ReviewCase | None:
    try:
        return case_claim(campaign=campaign, expert=person)
    except Refused:  # away, inactive, or full of other reviews' cases
        return None


def _judge(campaign: Campaign, case: ReviewCase, person: User, skill: float, rng: random.Random) -> None:
    crisis_type, severity = _seen(case, skill, rng)
    escalated = bool(case.prediction["crisis"])
    should = crisis_type != NONE_TYPE
    agrees = escalated == should
    verdict = "agree" if agrees else "should_escalate" if should else "should_not_escalate"
    rubric = {scale.code: rng.choice((4, 5, 5) if agrees else (1, 2, 2, 3)) for scale in RUBRIC}
    said: dict[str, Any] = {"verdict": verdict, "comment": "" if agrees else COMMENT, "rubric": rubric}
    if campaign.judge_first:
        if not case.judgements.filter(expert=person).exists():
            case_label(case=case, expert=person, crisis_type=crisis_type, severity=severity)
        case_judge(case=case, expert=person, **said)
    else:
        case_judge_at_once(case=case, expert=person, crisis_type=crisis_type, severity=severity, **said)


def _seen(case: ReviewCase, skill: float, rng: random.Random) -> tuple[str, int | None]:
    true_type, true_severity = case.prediction["true_type"], case.prediction["true_severity"] or 3
    if rng.random() < skill:
        crisis_type = true_type
    elif true_type == NONE_TYPE:
        crisis_type = rng.choice(SIX_TYPES)
    else:
        crisis_type = rng.choice([kind for kind in (*SIX_TYPES, NONE_TYPE) if kind != true_type])
    if crisis_type == NONE_TYPE:
        return crisis_type, None
    return crisis_type, min(5, max(1, true_severity + rng.choice((-1, 0, 0, 0, 1))))
