"""A whole project made by a program: three rounds, a retraining between the first and the second, and the figures.

It shows that the product measures what was put in. That training people helps, and by how much, is put in.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from annotation.agreement.aggregation import decide_by_majority
from annotation.errors import Refused
from annotation.models import AgreementResult, Annotation, Guideline, RaterModelFit, Round
from annotation.services.followups import round_retrain
from annotation.services.guideline_decisions import guideline_approve
from annotation.services.guidelines import guideline_ensure_first
from annotation.services.publication import round_publish
from annotation.services.rater_models import rater_models_fit
from annotation.services.rounds import round_close, round_create, round_open
from annotation.services.simulation import Truth, round_adjudicate_simulated, round_simulate
from annotation.services.simulation_skills import EIGHT, Skill
from annotation.votes import vote_of
from datasets_app.corpus.synthesis import generate
from datasets_app.models import Record
from datasets_app.services import import_start
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Role
from pixelhub.accounts.services import membership_grant, project_create, user_create
from pixelhub.jobs.runner import run_inline

ROUNDS = 3
OVERLAP = 3
BAR = 0.85  # raters below this share of true types in the first round are trained again
LEARNT_BELOW, LEARNT_ABOVE = 0.85, 0.5  # share of each error that the retraining takes away: an assumption
REPLICATES = 2000


@dataclass
class _Making:
    project: Project
    raters: list[User]
    lead: User
    guideline: Guideline
    truth: Truth
    records: list[int]
    seed: int


def project_simulate(*, slug: str, samples: int = 4500, seed: int = 1) -> dict[str, Any]:
    """Make the project `slug` and run it; returns the figures. Everything in it is marked as simulated.

    The same seed gives the same figures. Raises `Refused` where the project is there already.
    """
    if Project.objects.filter(slug=slug).exists():
        raise Refused("project_exists", "That project is there already; a simulation makes its own.")
    making = _prepare(slug, samples, seed)
    skills = {rater.pk: habit.skill() for rater, habit in zip(making.raters, EIGHT, strict=True)}
    shares = _shares(making)
    share = -(-len(making.records) // ROUNDS)
    rounds: list[dict[str, Any]] = []
    correct: dict[str, list[float]] = {"majority": [], "dawid_skene": [], "mace": []}
    trained: list[str] = []
    for number in range(1, ROUNDS + 1):
        chosen = making.records[(number - 1) * share : number * share]
        round = _labelled(making, f"Simulated round {number}", chosen, skills)
        figures, scores = _figures(making, round, skills, shares)
        rounds.append(figures)
        for name, values in scores.items():
            correct[name] += values
        if number == 1:
            trained = [rater["name"] for rater in figures["raters"] if rater["accuracy"] < BAR]
            skills = _retrain(making, round, skills, trained)
        round_adjudicate_simulated(round=round, truth=making.truth, actor=making.lead)
        round_publish(round=round, actor=making.lead)
    return {
        "simulated": True,
        "project": making.project.slug,
        "seed": seed,
        "samples": len(making.records),
        "labels_per_sample": OVERLAP,
        "rounds": rounds,
        "trained_again": trained,
        "aggregation": _compared(correct, seed),
    }


def _prepare(slug: str, samples: int, seed: int) -> _Making:
    project = project_create(slug=slug, name=f"Simulated project {slug}")
    lead = _person(project, f"{slug}-sim-lead", "Simulated clinical lead", Role.CLINICAL_LEAD)
    raters = [_person(project, f"{slug}-sim-{h.name}", f"Simulated {h.name}", Role.ANNOTATOR) for h in EIGHT]
    guideline = guideline_ensure_first(project=project)
    guideline_approve(guideline=guideline, actor=lead, comment="Approved by a simulation. No clinician has read it.")
    guideline.refresh_from_db()
    _import(project, samples, seed, lead)
    records = Record.objects.filter(project=project).order_by("content_hash")
    truth = {
        pk: (kind, severity) for pk, kind, severity in records.values_list("pk", "proposed_type", "proposed_severity")
    }
    order = np.random.default_rng(seed).permutation(np.array(list(truth), dtype=np.int64))
    return _Making(project, raters, lead, guideline, truth, [int(pk) for pk in order], seed)


def _person(project: Project, username: str, name: str, role: str) -> User:
    person = user_create(username=username, password=None, display_name=name, is_simulated=True)
    membership_grant(project=project, user=person, role=role)
    return person


def _import(project: Project, samples: int, seed: int, actor: User) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated.jsonl"
        with path.open("w", encoding="utf-8") as sink:
            for conversation in generate(samples, seed):
                sink.write(json.dumps(conversation, ensure_ascii=False) + "\n")
        batch = import_start(
            project=project, source="synthetic", family="edge_case_synthetic", file=path, file_name=path.name,
            actor=actor, licence="Apache-2.0", consent_basis="Generated by a program; nobody wrote or lived this.",
        )  # fmt: skip
    if batch.job is None:
        raise Refused("no_import", "The conversations could not be imported.")
    run_inline(batch.job)
    if batch.job.state != batch.job.State.SUCCEEDED:
        raise Refused("no_import", f"The conversations could not be imported: {batch.job.error}")


def _labelled(making: _Making, name: str, records: Sequence[int], skills: Mapping[int, Skill]) -> Round:
    """A closed round over these records, labelled by everybody's present skill."""
    made = round_create(
        project=making.project, name=name, guideline=making.guideline, annotators=making.raters, overlap=OVERLAP,
        records=Record.objects.filter(pk__in=records), seed=making.seed, simulated=True, actor=making.lead,
    )  # fmt: skip
    return _run(making, made, skills)


def _run(making: _Making, round: Round, skills: Mapping[int, Skill]) -> Round:
    opened = round_open(round=round, actor=making.lead)
    round_simulate(
        project=making.project, round=opened, truth=making.truth, annotators=making.raters, skills=skills,
        seed=making.seed + opened.number, actor=making.lead,
    )  # fmt: skip
    return round_close(round=opened, actor=making.lead)


def _retrain(making: _Making, round: Round, skills: Mapping[int, Skill], below: Iterable[str]) -> dict[int, Skill]:
    """The retraining round on what was disputed, labelled by everybody; after it everybody errs less, by assumption."""
    _run(making, round_retrain(round=round, actor=making.lead), skills)
    names = set(below)
    return {
        rater.pk: skills[rater.pk].trained(LEARNT_BELOW if str(rater) in names else LEARNT_ABOVE)
        for rater in making.raters
    }


def _figures(
    making: _Making, round: Round, skills: Mapping[int, Skill], shares: Mapping[str, float]
) -> tuple[dict[str, Any], dict[str, list[float]]]:
    """Figures of a closed round, and per way of aggregation how right it is about each sample, 0 to 1."""
    rater_models_fit(round=round, actor=making.lead)
    kept = AgreementResult.objects.filter(round=round).latest("computed_at").figures
    by_item: dict[int, list[Annotation]] = {}
    labels = Annotation.objects.filter(item__round=round).select_related("item", "annotator").order_by("item_id", "pk")
    for label in labels:
        by_item.setdefault(label.item_id, []).append(label)
    true = {item: making.truth[given[0].item.record_id][0] for item, given in by_item.items()}
    scores = {"majority": [_votes_right(given, true[item]) for item, given in by_item.items()]}
    for fit in RaterModelFit.objects.filter(round=round):
        chosen = dict(fit.votes.values_list("item_id", "crisis_type"))
        scores[fit.model] = [float(chosen[item] == true[item]) for item in by_item]
    harm_first = fmean(
        decide_by_majority([vote_of(label) for label in given]).crisis_type == true[item]
        for item, given in by_item.items()
    )
    raters = []
    for rater in making.raters:
        own = [label for label in labels if label.annotator_id == rater.pk]
        right = fmean(label.crisis_type == true[label.item_id] for label in own)
        skill = skills[rater.pk].accuracy(shares)
        raters.append({"name": str(rater), "labels": len(own), "accuracy": _4(right), "skill_put_in": _4(skill)})
    return {
        "name": round.name,
        "samples": len(by_item),
        "kappa": _4(kept["kappa"]),
        "kappa_of": kept["kappa_of"],
        "interval": {end: _4(kept["interval"][end]) for end in ("low", "high")},
        "verdict": kept["verdict"],
        "raters": raters,
        "accuracy": {**{name: _4(fmean(values)) for name, values in scores.items()}, "harm_first": _4(harm_first)},
    }, scores


def _votes_right(labels: Sequence[Annotation], true: str) -> float:
    """How often most votes are right; on a tie the share of the tied types that is (as if by a fair coin)."""
    counted = Counter(label.crisis_type for label in labels)
    most = max(counted.values())
    tied = [kind for kind, times in counted.items() if times == most]
    return (true in tied) / len(tied)


def _compared(correct: Mapping[str, Sequence[float]], seed: int) -> dict[str, Any]:
    """Accuracy of each way over all samples, and how much more than most votes, with a bootstrap over samples."""
    votes = np.array(correct["majority"])
    generator = np.random.default_rng(seed)
    draws = generator.integers(0, len(votes), size=(REPLICATES, len(votes)), dtype=np.int32)
    found: dict[str, Any] = {"majority": {"accuracy": _4(float(votes.mean()))}}
    for name in ("dawid_skene", "mace"):
        more = np.array(correct[name]) - votes
        low, high = np.quantile(more[draws].mean(axis=1), [0.025, 0.975])
        found[name] = {
            "accuracy": _4(float(np.mean(correct[name]))),
            "more_than_majority": _4(float(more.mean())),
            "interval": {"low": _4(float(low)), "high": _4(float(high))},
        }
    return found


def _shares(making: _Making) -> dict[str, float]:
    counted = Counter(kind for kind, _ in making.truth.values())
    return {kind: times / len(making.truth) for kind, times in counted.items()}


def _4(value: float) -> float:
    return round(float(value), 4)
