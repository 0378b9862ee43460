"""Rater models beside the majority: right on a published example, kept with the round, chosen only on purpose."""

import numpy as np
import pytest

from annotation import services
from annotation.agreement import Ratings, raters
from annotation.agreement.aggregation import Vote, decide_by_majority, decide_by_model
from annotation.agreement.raters import differs_from_votes, fit_labels, fit_raters
from annotation.errors import Invalid, NotAllowed, Refused
from annotation.models import Adjudication, RaterModelFit, RaterModelVote, Round
from datasets_app.models import SnapshotLabel
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from tests.annotation.making import HARM, NONE, PANIC, item_at, label_all, make_round, ruling
from tests.personas import World

# Dawid and Skene 1979, table 1: 45 patients' fitness on a scale of 4, by five anaesthetists; the first one saw each
# form three times. One group per anaesthetist.
ANAESTHETISTS = """
111 1 1 1 1|333 4 3 3 4|112 2 1 2 2|222 3 1 2 1|222 3 2 2 2|222 3 3 2 2|122 2 1 1 1|333 3 4 3 3|222 2 2 2 3
232 2 2 2 3|444 4 4 4 4|222 3 3 4 3|111 1 1 1 1|222 3 2 1 2|121 1 1 1 1|111 2 1 1 1|111 1 1 1 1|111 1 1 1 1
222 2 2 2 1|222 1 3 2 2|222 2 2 2 2|222 2 2 2 1|222 3 2 2 2|221 2 2 2 2|111 1 1 1 1|111 1 1 1 1|232 2 2 2 2
111 1 1 1 1|111 1 1 1 1|112 1 1 2 1|111 1 1 1 1|333 3 2 3 3|111 1 1 1 1|222 2 2 2 2|222 3 2 3 2|433 4 3 4 3
221 2 2 3 2|232 3 2 3 3|333 3 4 3 2|111 1 1 1 1|111 1 1 1 1|121 2 1 1 1|232 2 2 2 2|121 1 1 1 1|222 2 2 2 2
"""


def anaesthetists() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(patient, anaesthetist, code) of each of the 315 ratings."""
    rows = []
    for patient, line in enumerate(ANAESTHETISTS.replace("\n", "|").strip("|").split("|"), start=1):
        for observer, said in enumerate(line.split(), start=1):
            rows += [(str(patient), str(observer), int(digit) - 1) for digit in said]
    patients, observers, codes = zip(*rows, strict=True)
    return np.array(patients), np.array(observers), np.array(codes)


def by_hand(patients: np.ndarray, observers: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Dawid and Skene's equations 2.3 to 2.5, written out; returns patients x classes."""
    counts = np.zeros((45, 5, 4))
    for patient, observer, code in zip(patients, observers, codes, strict=True):
        counts[int(patient) - 1, int(observer) - 1, code] += 1
    truth = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None]
    for _ in range(200):
        errors = np.einsum("ij,ikl->kjl", truth, counts) + 1e-300
        errors /= errors.sum(axis=2, keepdims=True)
        likelihood = truth.mean(axis=0) * np.exp(np.einsum("ikl,kjl->ij", counts, np.log(errors)))
        truth = likelihood / likelihood.sum(axis=1, keepdims=True)
    return truth


def test_dawid_and_skenes_own_example() -> None:
    ratings = anaesthetists()
    assert len(ratings[0]) == 315
    fit = fit_labels(*ratings, ("1", "2", "3", "4"), "dawid_skene")
    # The shares that the paper prints.
    assert [round(share, 2) for share in fit.marginals.values()] == [0.40, 0.42, 0.11, 0.07]
    assert np.abs(fit.posteriors - by_hand(*ratings)).max() < 0.001
    assert fit.posteriors.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("model", ["dawid_skene", "mace"])
def test_a_careless_rater_is_outvoted_by_a_careful_one(model: str) -> None:
    """Two of five answer by chance: majority errs where they happen to meet, a model knows them by the other items."""
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 3, 300)
    rows = []
    for rater, accuracy in enumerate((0.97, 0.95, 0.9, 0.35, 0.35)):
        right = generator.random(300) < accuracy
        said = np.where(right, truth, (truth + generator.integers(1, 3, 300)) % 3)
        rows += [(f"{item:03}", f"r{rater}", "abc"[code]) for item, code in enumerate(said)]
    ratings = Ratings.from_triples(rows, "abc")
    fit = fit_raters(ratings, model)
    chosen = [fit.most_probable(number)[0] for number in range(300)]
    majority = ratings.counts.argmax(axis=1)
    right_by_model = np.mean([name == "abc"[code] for name, code in zip(chosen, truth, strict=True)])
    assert right_by_model > np.mean(majority == truth)
    trust = [fit.raters[f"r{rater}"] for rater in range(5)]
    assert min(trust[:3]) > max(trust[3:])
    assert differs_from_votes(fit, ratings)


def test_names_and_order_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raters, "EM_ROUNDS", 5)
    rows = [(f"i{item}", f"r{rater}", "ab"[(item * (rater + 2)) % 3 % 2]) for item in range(12) for rater in range(4)]
    first = fit_raters(Ratings.from_triples(rows, "ab"), "dawid_skene")
    renamed = [(item, f"r{(int(rater[1:]) + 3) % 4}", value) for item, rater, value in reversed(rows)]
    second = fit_raters(Ratings.from_triples(renamed, "ab"), "dawid_skene")
    where = {item: number for number, item in enumerate(second.items)}
    for number, item in enumerate(first.items):
        assert first.posteriors[number] == pytest.approx(second.posteriors[where[item]], abs=1e-6)


def test_without_adjudication_a_tie_takes_the_more_harmful() -> None:
    tie = [Vote("none", None, 0.9), Vote("panic", 2, 0.8)]
    decision = decide_by_majority(tie)
    assert (decision.crisis_type, decision.severity, decision.decided_by, decision.confidence) == (
        "panic", 2, "majority", 0.4,
    )  # fmt: skip
    three = [Vote("panic", 2, 0.9), Vote("panic", 4, 0.9), Vote("none", None, 0.9)]
    assert (decide_by_majority(three).crisis_type, decide_by_majority(three).severity) == ("panic", 4)
    assert decide_by_majority(three).confidence == pytest.approx(0.6)
    assert decide_by_model(three, "none", 0.8).severity is None
    assert decide_by_model(three, "none", 0.8).decided_by == "rater_model"
    assert decide_by_model(three[:2], "panic", 0.99).decided_by == "majority"  # models decide types only
    with pytest.raises(ValueError, match="nobody chose"):
        decide_by_model(three, "psychotic", 0.8)


def disputed(world: World) -> Round:
    """Three annotators, six samples: 1 two to one for panic, 2 harm against none and panic, the rest agreed."""
    round = make_round(world, samples=6, annotators=3, overlap=3)
    for n, labels in enumerate(({1: PANIC, 2: HARM}, {1: PANIC, 2: NONE}, {1: NONE, 2: PANIC}), start=1):
        label_all(round, world.user("annotator", n=n), labels)
    return services.round_close(round=round, actor=world.user("qa"))


def test_closing_asks_for_the_models_and_the_job_keeps_them(world: World) -> None:
    round = disputed(world)
    job = Job.objects.get(kind="annotation.rater_models")
    run_inline(job)
    job.refresh_from_db()
    assert job.state == "succeeded", job.error
    assert [fit.model for fit in RaterModelFit.objects.filter(round=round)] == ["dawid_skene", "mace"]
    votes = RaterModelVote.objects.filter(fit__model="dawid_skene")
    assert votes.count() == 6
    chosen = votes.get(item=item_at(round, 2))
    assert chosen.crisis_type in ("immediate_harm", "none", "panic") and not chosen.against_votes
    services.rater_models_fit(round=round)  # again: the same, not twice
    assert RaterModelVote.objects.count() == 12


@pytest.mark.parametrize("aggregation", ["majority", "dawid_skene", "mace"])
def test_a_round_published_by_a_rule_says_so(world: World, aggregation: str) -> None:
    round = disputed(world)
    services.adjudicate(
        item=item_at(round, 1), actor=world.user("qa"), ruling=ruling(crisis_type="none", severity=None)
    )
    services.rater_models_fit(round=round)
    published = services.round_publish(round=round, actor=world.user("qa"), aggregation=aggregation)
    snapshot = published.snapshot
    labels = {label.record_id: label for label in snapshot.labels.all()}
    one, two, three = (labels[item_at(round, position).record_id] for position in (1, 2, 3))
    assert (one.crisis_type, one.decided_by) == ("none", "adjudicated")  # what a person decided stands
    assert three.decided_by == "unanimous"
    assert two.decided_by == ("majority" if aggregation == "majority" else "rater_model")
    if aggregation == "majority":
        assert (two.crisis_type, two.severity) == ("immediate_harm", 5)
    else:
        vote = RaterModelVote.objects.get(fit__model=aggregation, item=item_at(round, 2))
        assert (two.crisis_type, two.confidence) == (vote.crisis_type, vote.confidence)
        assert snapshot.origin["rater_model"]["model"] == aggregation
        assert "raters" not in snapshot.origin["rater_model"]
    assert snapshot.origin["aggregation"] == aggregation
    assert sum(snapshot.origin["decided_by"].values()) == snapshot.labels_count == 6


def test_a_rule_is_chosen_by_those_who_decide_and_only_when_it_is_ready(world: World) -> None:
    round = disputed(world)
    with pytest.raises(NotAllowed, match="rule"):
        services.round_publish(round=round, actor=world.user("data_engineer"), aggregation="majority")
    with pytest.raises(Invalid):
        services.round_publish(round=round, actor=world.user("qa"), aggregation="coin")
    with pytest.raises(Refused, match="not ready"):
        services.round_publish(round=round, actor=world.user("qa"), aggregation="mace")
    with pytest.raises(Refused, match="2 disagreements"):
        services.round_publish(round=round, actor=world.user("qa"))
    assert not SnapshotLabel.objects.exists() and not Adjudication.objects.exists()


def test_models_are_fitted_between_closing_and_publishing(world: World) -> None:
    with pytest.raises(Refused, match="after closing"):
        services.rater_models_fit(round=make_round(world))
