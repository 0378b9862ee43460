"""A full review from a first approval over a rejection and its mending to a roll-back, by simulated people.

Everything goes through the services that people use. Every text says that it is simulated; nobody read anything.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from datasets_app.models import Release
from inference.models import Deployment
from pixelhub.accounts.models import Project, User
from review import services
from review.clinical.errors import WrongDecision, wrong_decisions
from review.models import ErrorKind, SignOff
from review.policy import policy_of
from review.production_gates import gates_of
from review.refusal import Refused
from review.services.edge_cases import edge_cases_check
from review.services.fairness import fairness_report_make
from review.services.readings import error_answer, error_open, unread_misses
from review.signin import password_checked
from review.simulation.data import VersionMaker
from review.simulation.experts import judge_campaign, resolve_splits, simulated_experts_ensure
from review.simulation.people import Cast
from review.simulation.steps import Log
from training_app.models import ModelVersion

__all__ = ["Reviewing", "review_tell"]

_REFERENCE = {"gender": {"woman": 0.5, "man": 0.48, "non-binary": 0.02}}
_APPROVAL = "Simulated approval: every missed crisis was opened by a program. Nobody read them."
_REJECTION = "Simulated rejection: it misses crises that a first version catches. Train it properly."
_WAIVER = "Simulated waiver: a simulation's few synthetic conversations can show none of this."
_ANSWER = "Simulated answer; nobody read this conversation."


@dataclass
class Reviewing:
    """The project under simulated review, its people and its experts."""

    project: Project
    release: Release
    cast: Cast
    log: Log
    make: VersionMaker
    cases: int
    seed: int
    experts: tuple[User, ...] = ()


def review_tell(at: Reviewing, *, experts: int) -> Deployment:
    """Play it from the register of experts to the roll-back; returns what is in production in the end."""
    cast, log = at.cast, at.log
    with log.step("The experts are registered", cast.lead, expert__register=experts):
        at.experts = tuple(simulated_experts_ensure(project=at.project, count=experts, actor=cast.lead))
    first = _trained(at, "first")
    _reviewed(at, first)
    _read(at, first)
    _decided(at, first, SignOff.Decision.APPROVED, _APPROVAL)
    _waived(at, first)
    _promoted(at, first)

    hasty = _trained(at, "hasty")
    _reviewed(at, hasty)
    _read(at, hasty, blocks=True)
    _decided(at, hasty, SignOff.Decision.REJECTED, _REJECTION)
    with log.step("What was rejected cannot be promoted", cast.operator):
        log.note(_refusal(at, hasty))

    mended = _trained(at, "mended")
    _reviewed(at, mended)
    _read(at, mended)
    _decided(at, mended, SignOff.Decision.APPROVED, _APPROVAL)
    _waived(at, mended)
    _promoted(at, mended)

    with log.step(f"Production is rolled back to version {first.version}", cast.operator, version__roll_back=1):
        deployment = services.roll_back(project=at.project, actor=cast.operator)
        log.note(f"version {deployment.model_version.version} answers again")
    return deployment


def _trained(at: Reviewing, name: str) -> ModelVersion:
    with at.log.step(
        f"A version is trained and evaluated ({name})",
        at.cast.trainer,
        model_version__register=1,
        test_set__use=1,
        model_version__evaluate=1,
    ):
        version = at.make(at.project, at.release, at.cast, name)
        errors = wrong_decisions(version)
        missed = sum(error.error == ErrorKind.MISS for error in errors)
        at.log.note(f"version {version.version}: {missed} missed, {len(errors) - missed} over-escalated")
    return version


def _reviewed(at: Reviewing, version: ModelVersion) -> None:
    cast, log = at.cast, at.log
    with log.step(f"A review of version {version.version} is opened", cast.lead, campaign__create=1):
        campaign = services.campaign_create(
            version=version,
            actor=cast.lead,
            size=at.cases,
            seed=at.seed,
            minimum_reviewers=2,
            maximum_reviewers=3,
        )
    cases = campaign.cases.count()
    with log.step(f"{len(at.experts)} experts judge {cases} cases", case__label=2 * cases, case__judge=2 * cases):
        done = judge_campaign(campaign, at.experts, skill=0.85, seed=at.seed)
        log.note(f"{done.judgements} judgements, split on {len(done.split)}")
    split = len(done.split)
    with log.step(
        "Where they are split it is discussed and decided", cast.lead, case__discuss=split, case__resolve=split
    ):
        resolve_splits(campaign, lead=cast.lead)
    with log.step("The review is closed under its digest", cast.lead, campaign__close=1):
        services.campaign_close(campaign=campaign, actor=cast.lead)
    with log.step("Fairness is computed by group", cast.trainer, fairness__report=1):
        report = fairness_report_make(version=version, actor=cast.trainer, reference=_REFERENCE)
        summary = report.document["summary"]
        log.note(f"{summary['looked_at']} figures, {summary['verdicts']['not_enough_data']} without enough data")
    with log.step("Edge cases are looked for in the training data", cast.trainer, edge_cases__check=1):
        check = edge_cases_check(version=version, actor=cast.trainer)
        log.note(f"{check.document['tagged']} tagged: {check.get_verdict_display()}")


def _read(at: Reviewing, version: ModelVersion, *, blocks: bool = False) -> None:
    errors, lead = wrong_decisions(version), at.cast.lead
    missed = [error for error in errors if error.error == ErrorKind.MISS]
    count = len(errors)
    with at.log.step(
        f"{len(missed)} misses and the false alarms are read", lead, error__open=count, error__answer=count
    ):
        for error in errors:
            _answered(version, lead, error, blocks=blocks and error is errors[0])
        if unread_misses(version, lead):
            raise Refused("A miss is unread after all were opened.")


def _answered(version: ModelVersion, reader: User, error: WrongDecision, *, blocks: bool) -> None:
    key = error.content_hash
    error_open(version=version, reader=reader, content_hash=key)
    error_answer(version=version, reader=reader, content_hash=key, reason="plain", words=_ANSWER, blocks=blocks)


def _decided(at: Reviewing, version: ModelVersion, decision: str, reason: str) -> None:
    """By as many leads as the policy asks for; the trainer who tries first is turned away."""
    approvals = policy_of(at.project).approvals if decision == SignOff.Decision.APPROVED else 1
    with at.log.step(f"Who trained version {version.version} may not sign it", at.cast.trainer):
        at.log.note(_turned_away(at, version, decision))
    for signer in (at.cast.lead, at.cast.second)[:approvals]:
        with at.log.step(f"Version {version.version} is {decision}", signer, signoff__decide=1):
            for error in wrong_decisions(version):
                error_open(version=version, reader=signer, content_hash=error.content_hash)
            services.signoff_decide(
                version=version,
                signer=signer,
                decision=decision,
                reason=reason,
                signed_in=password_checked(signer, at.cast.passwords[signer.pk]),
            )


def _turned_away(at: Reviewing, version: ModelVersion, decision: str) -> str:
    trainer = at.cast.trainer
    proof = password_checked(trainer, at.cast.passwords[trainer.pk])
    try:
        services.signoff_decide(version=version, signer=trainer, decision=decision, reason=_APPROVAL, signed_in=proof)
    except (Refused, PermissionDenied) as refused:
        return f"refused: {refused}"
    raise RuntimeError("The trainer signed the own version.")


def _waived(at: Reviewing, version: ModelVersion) -> None:
    """Every gate that so small a test split cannot pass, by a PM and a clinical lead, in writing."""
    open_gates = [standing.gate.key for standing in gates_of(version) if not standing.stands]
    for seat, person in (("pm", at.cast.pm), ("clinical_lead", at.cast.second)):
        with at.log.step(f"{len(open_gates)} gates are waived as {seat}", person, gate__waive=len(open_gates)):
            for gate in open_gates:
                services.gate_waive(
                    project=at.project, actor=person, gate=gate, seat=seat, reason=_WAIVER, version=version
                )


def _promoted(at: Reviewing, version: ModelVersion) -> None:
    with at.log.step(
        f"Version {version.version} goes to production", at.cast.operator, version__promote=1, deployment__activate=1
    ):
        services.version_promote(version=version, actor=at.cast.operator)


def _refusal(at: Reviewing, version: ModelVersion) -> str:
    try:
        services.version_promote(version=version, actor=at.cast.operator)
    except Refused as refused:
        return f"refused: {refused}"
    raise RuntimeError("A rejected version was promoted.")
