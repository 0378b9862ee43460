"""Which configuration a study tries next, and which trial is not worth going on with. Optuna is imported here alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from .space import Method, Range, Scalar, Space, grid_points
from .trials import TrialRecord

STARTUP_TRIALS: Final = 5
FEWEST_FOR_IMPORTANCE: Final = 4
# Draws of the sampler in a row that were all tried before: a small space is used up.
MOST_REPEATS: Final = 50

Params = dict[str, Scalar]


class Search:
    """A grid in its order, or TPE with median pruning. What is known already is told to it first.

    TPE draws from the seed and from what has ended so far: alone it repeats itself; a search that was interrupted or
    has trials side by side may take another way. A grid's trials are compared whole, so none of them is pruned.
    """

    def __init__(
        self, space: Space, *, method: Method, max_trials: int, seed: int, known: Iterable[TrialRecord], warmup: int = 1
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        known = list(known)
        self._method = method
        self._distributions = {name: _distribution(values) for name, values in space.items()}
        finished = [record for record in known if record.is_finished]
        self._study = optuna.create_study(
            direction="maximize",
            sampler=optuna.samplers.TPESampler(seed=seed + len(finished), n_startup_trials=STARTUP_TRIALS),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP_TRIALS - 1, n_warmup_steps=warmup),
        )
        self._asked: dict[int, optuna.trial.Trial] = {}
        self._tried = [record.params for record in known]
        self._waiting = [(record.number, record.params) for record in known if not record.is_finished]
        for record in finished:
            self._remember(record)
        if method == "grid":
            taken = {record.number for record in known}
            points = enumerate(grid_points(space))
            self._waiting += [(number, params) for number, params in points if number not in taken]
        self._numbers = iter(range(max((record.number for record in known), default=-1) + 1, max_trials))

    def next(self) -> tuple[int, Params] | None:
        """Return number and parameters of the next trial, or None when nothing is left to try."""
        if self._waiting:
            number, params = self._waiting.pop(0)
            if self._method == "tpe":
                self._study.enqueue_trial(params)
                self._asked[number] = self._study.ask(self._distributions)
            return number, params
        return None if self._method == "grid" else self._drawn()

    def should_prune(self, number: int, epoch: int, value: float) -> bool:
        """Take in an epoch's validation macro F1 and say whether the trial lies below the median of the others."""
        trial = self._asked.get(number)
        if trial is None:
            return False
        trial.report(value, epoch)
        return trial.should_prune()

    def finish(self, record: TrialRecord) -> None:
        """Take in how a trial ended."""
        trial = self._asked.pop(record.number, None)
        if trial is None:
            self._remember(record)
        elif record.state == "complete":
            self._study.tell(trial, record.value)
        else:
            self._study.tell(trial, state=TrialState.PRUNED if record.state == "pruned" else TrialState.FAIL)

    def importance(self) -> dict[str, float]:
        """Return how much of the value's variance each parameter explains (fANOVA), {} from too few trials."""
        complete = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        values = {trial.value for trial in complete}
        if len(complete) < FEWEST_FOR_IMPORTANCE or len(values) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        found = optuna.importance.get_param_importances(self._study, evaluator=evaluator)
        return {name: round(float(share), 4) for name, share in found.items()}

    def _drawn(self) -> tuple[int, Params] | None:
        number = next(self._numbers, None)
        if number is None:
            return None
        for _ in range(MOST_REPEATS):
            trial = self._study.ask(self._distributions)
            if trial.params not in self._tried:
                self._tried.append(dict(trial.params))
                self._asked[number] = trial
                return number, dict(trial.params)
            self._study.tell(trial, state=TrialState.FAIL)
        return None

    def _remember(self, record: TrialRecord) -> None:
        states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        self._study.add_trial(
            create_trial(
                state=states[record.state],
                value=record.value if record.state == "complete" else None,
                params=dict(record.params),
                distributions=self._distributions,
                intermediate_values={int(row["epoch"]): row["val_macro_f1"] for row in record.curve},
            )
        )


def _distribution(values: tuple[Scalar, ...] | Range) -> BaseDistribution:
    if not isinstance(values, Range):
        return CategoricalDistribution(values)
    if values.is_whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(float(values.low), float(values.high), log=values.log)
