"""Labels measured against the experts as they arrive: a qualification when its last sample is answered, and the
hidden ones in real work one by one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils import timezone

from annotation.agreement.experts import against_experts
from annotation.agreement.watching import has_drifted
from annotation.errors import Refused
from annotation.models import Annotation, Qualification, QualificationAttempt, Round, Slot
from annotation.selectors_qualification import hidden_outcomes
from annotation.services.policies import policy_of
from annotation.services.standing import annotator_pause, standing_of
from annotation.votes import answer_of
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.accounts.models import User
from pixelhub.audit.services import record
from pixelhub.live.services import touch

LEAST_ANSWERED = 0.8  # of a qualification set: skipping is fine, but a pass must rest on something
PAUSE_REASON = "{met} of the last {n} hidden expert-labelled samples were met."


def attempt_finish(*, round: Round, annotator: User) -> QualificationAttempt | None:
    """Judge a qualification set once its last sample is answered or skipped; None before. Call with the round locked.

    Skipped samples are left out, but four fifths must be answered to pass. A pass takes both thresholds of the policy.
    """
    mine = Slot.objects.filter(item__round=round, reserved_for=annotator)
    if mine.exclude(state__in=(Slot.State.DONE, Slot.State.SKIPPED)).exists():
        return None
    standing = standing_of(round.project, annotator, lock=True)
    figures = _figures(round, annotator, asked=mine.count())
    attempt = QualificationAttempt.objects.create(
        qualification=standing,
        round=round,
        items=figures["n"],
        accuracy=figures["accuracy"] or 0.0,
        kappa=figures["kappa"],
        figures=figures,
        passed=figures["passed"],
    )
    if attempt.passed:
        standing.state, standing.paused_at, standing.pause_reason = Qualification.State.QUALIFIED, None, ""
        standing.watched_from = timezone.now()
    elif standing.state != Qualification.State.PAUSED:
        standing.state = Qualification.State.FAILED
    standing.save()
    payload = {
        "annotator": annotator.pseudonym,
        "round": round.pk,
        "items": attempt.items,
        "accuracy": attempt.accuracy,
        "kappa": attempt.kappa,
        "passed": attempt.passed,
    }
    record(action="qualification.finish", actor=annotator, project=round.project, target=attempt, payload=payload)
    touch(f"project:{round.project_id}:rounds")
    return attempt


def attempt_must_be_open(*, round: Round, annotator: User) -> None:
    """Raise `Refused` for a change of an answer after the set was judged."""
    if QualificationAttempt.objects.filter(round=round, qualification__annotator=annotator).exists():
        raise Refused("set_finished", "This set is finished; its answers stay as they were.")


def drift_watch(*, round: Round, annotator: User) -> bool:
    """Look at the last hidden samples after one was answered, and pause who fell below the floor; True if that was now.

    Call in the transaction that stores the label.
    """
    policy = policy_of(round.project)
    standing = standing_of(round.project, annotator, lock=True)
    outcomes = hidden_outcomes(standing=standing, last=policy.gold_window)
    drifted = has_drifted(
        outcomes, floor=policy.gold_floor, expected=policy.qualification_accuracy, window=policy.gold_window
    )
    if not drifted:
        return False
    evidence = {"met": sum(outcomes), "n": len(outcomes)}
    reason = PAUSE_REASON.format(**evidence)
    return annotator_pause(
        project=round.project, annotator=annotator, reason=reason, actor=None, floor=policy.gold_floor, **evidence
    )


def _figures(round: Round, annotator: User, *, asked: int) -> dict[str, Any]:
    rows = list(Annotation.objects.filter(item__round=round, annotator=annotator).select_related("item__gold"))
    pairs = [(row, row.item.gold) for row in rows if row.item.gold is not None]
    figures = against_experts([answer_of(row, gold) for row, gold in pairs], CRISIS_TYPES, seed=round.seed)
    reread: dict[str, set[str]] = defaultdict(set)
    for row, gold in pairs:
        if not answer_of(row, gold).met:
            reread[gold.crisis_type].add(gold.guideline_section)
    policy = policy_of(round.project)
    enough = figures["n"] >= LEAST_ANSWERED * asked
    passed = (
        enough
        and figures["accuracy"] >= policy.qualification_accuracy
        and figures["kappa"] is not None
        and figures["kappa"] >= policy.qualification_kappa
    )
    return {
        **figures,
        "asked": asked,
        "enough_answered": enough,
        "passed": passed,
        "accuracy_needed": policy.qualification_accuracy,
        "kappa_needed": policy.qualification_kappa,
        "read_again": {kind: sorted(codes) for kind, codes in reread.items()},
    }
