"""How often a campaign's 95% intervals hold the truth, and whether its estimates are unbiased, by simulation.

`python -m benchmarks.campaign_coverage --repetitions 400` makes test sets on whose every conversation three made-up
experts have an opinion, draws campaigns from them as the hub does, and compares what the sampled cases say with what
all of them say. Prints a table: bias in percentage points, coverage and mean width of the intervals for both rates.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from review.evidence.consensus import Opinion, consensus_of
from review.evidence.rates import Judged, screening_rates
from review.evidence.sampling import Prediction, draw_sample

TYPES = ("immediate_harm", "self_harm", "substance", "panic", "psychotic", "passive_ideation")
EXPERTS = 3
SETS = 20  # campaigns are drawn from this many test sets of each scenario


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test set of `size` with a share of crises, a model's rates, and how often its labels are wrong by error kind.

    Labels of unsure predictions are wrong more often where `unsure` is set. An expert sees the truth with `skill`.
    """

    name: str
    size: int
    cases: int
    crises: float = 0.5
    sensitivity: float = 0.93
    over_escalation: float = 0.06
    skill: float = 0.9
    wrong: dict[str, float] = field(
        default_factory=lambda: {"miss": 0.3, "over_escalation": 0.25, "wrong_type": 0.05, "correct": 0.03}
    )
    unsure: bool = False


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("700, 100 cases", 700, 100),
    Scenario("700, 150 cases, noisy labels", 700, 150, wrong={"miss": 0.3, "over_escalation": 0.3, "correct": 0.08}),
    Scenario("700, 100 cases, unsure ones are wrong", 700, 100, unsure=True),
    Scenario("1,500, 120 cases", 1500, 120),
    Scenario("1,500, 200 cases, careless experts", 1500, 200, skill=0.8),
    Scenario("3,500, 200 cases", 3500, 200, over_escalation=0.04),
    Scenario("1,000, 120 cases, few crises", 1000, 120, crises=0.25, over_escalation=0.04),
)


@dataclass(slots=True)
class Tally:
    """What became of one rate over the repetitions."""

    repetitions: int = 0
    held: int = 0
    error: float = 0.0
    width: float = 0.0

    def add(self, truth: float, value: float, low: float, high: float) -> None:
        self.repetitions += 1
        self.held += low - 1e-12 <= truth <= high + 1e-12
        self.error += value - truth
        self.width += high - low

    @property
    def coverage(self) -> float:
        return self.held / self.repetitions

    @property
    def bias(self) -> float:
        return self.error / self.repetitions


def simulate(scenario: Scenario, *, repetitions: int, seed: int) -> dict[str, Tally]:
    """Tallies of `sensitivity` and `over_escalation` over campaigns drawn from SETS test sets in turn."""
    tallies = {"sensitivity": Tally(), "over_escalation": Tally()}
    sets = min(SETS, repetitions)
    for number in range(sets):
        rng = random.Random(f"{seed}/{scenario.name}/{number}")
        units, should = _test_set(scenario, rng)
        truth = _truth(units, should)
        for _ in range(repetitions // sets):
            draw = rng.randrange(2**32)
            sample = draw_sample(units, size=scenario.cases, seed=draw)
            judged = [
                Judged(case.stratum, case.prediction.crisis, should[case.prediction.key]) for case in sample.cases
            ]
            rates = screening_rates(sample.population, judged, seed=draw)
            for name, tally in tallies.items():
                estimate = getattr(rates, name)
                if estimate is not None:
                    tally.add(truth[name], estimate.value, estimate.low, estimate.high)
    return tallies


def _test_set(scenario: Scenario, rng: random.Random) -> tuple[list[Prediction], dict[str, bool]]:
    units, should = [], {}
    for number in range(scenario.size):
        labelled = rng.random() < scenario.crises
        true_type = rng.choice(TYPES) if labelled else "none"
        crisis = rng.random() < (scenario.sensitivity if labelled else scenario.over_escalation)
        right = labelled and rng.random() < 0.9
        predicted = (true_type if right else rng.choice(TYPES)) if crisis else "none"
        severity = rng.randint(1, 5) if labelled else None
        edge_case, group = rng.random() < 0.15, rng.choice(("", "", "young", "old"))
        confidence = max(0.2, rng.betavariate(6, 2))
        unit = Prediction(f"r{number}", true_type, severity, predicted, crisis, confidence, edge_case, group)
        wrong = scenario.wrong.get(unit.error_kind, 0.05) * (4 * (1 - confidence) if scenario.unsure else 1)
        is_crisis = labelled != (rng.random() < wrong)
        opinions = [_opinion(is_crisis == (rng.random() < scenario.skill)) for _ in range(EXPERTS)]
        units.append(unit)
        should[unit.key] = bool(consensus_of(opinions).escalate)
    return units, should


def _opinion(crisis: bool) -> Opinion:
    return Opinion(crisis, "panic" if crisis else "none", 3 if crisis else None)


def _truth(units: Sequence[Prediction], should: dict[str, bool]) -> dict[str, float]:
    found = {}
    for name, side in (("sensitivity", True), ("over_escalation", False)):
        on_side = [unit.crisis for unit in units if should[unit.key] is side]
        found[name] = sum(on_side) / len(on_side)
    return found


def main() -> None:
    """Print the table; exit status 1 where the coverage over all scenarios is outside 93% to 97%."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=400, help="campaigns of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print("| test set | rate | bias, points | coverage | mean width, points |")
    print("|---|---|---:|---:|---:|")
    held = total = 0
    for scenario in SCENARIOS:
        for name, tally in simulate(scenario, repetitions=arguments.repetitions, seed=arguments.seed).items():
            held, total = held + tally.held, total + tally.repetitions
            width = 100 * tally.width / tally.repetitions
            row = (scenario.name, name, f"{100 * tally.bias:+.2f}", f"{tally.coverage:.1%}", f"{width:.1f}")
            print(f"| {' | '.join(row)} |", flush=True)
    print(f"All: {held:,} of {total:,} intervals hold the truth, {held / total:.1%}.")
    raise SystemExit(0 if 0.93 <= held / total <= 0.97 else 1)


if __name__ == "__main__":
    main()
