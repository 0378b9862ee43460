"""One person's labels beside an expert's: what counts as meeting it, accuracy, kappa, and per type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from annotation.agreement.intervals import bootstrap
from annotation.agreement.kappa import cohen_kappa
from annotation.agreement.ratings import Ratings
from datasets_app.corpus.intervals import wilson

Verdict = Literal["right", "near", "different"]


@dataclass(frozen=True)
class Answer:
    """A label of a sample that an expert labelled too."""

    given: str
    expert: str
    also_accepted: Sequence[str] = ()
    severity: int | None = None
    expert_severity: int | None = None
    secondary: Sequence[str] = ()

    @property
    def met(self) -> bool:
        """The label names the expert's type, or one that the expert accepts too."""
        return self.given == self.expert or self.given in self.also_accepted

    @property
    def verdict(self) -> Verdict:
        """`right`: the expert's type and severity, or another type that the expert accepts.

        `near`: the expert's type at another severity, or the expert's type among the secondary ones. Else `different`.
        """
        if self.given == self.expert:
            return "right" if self.severity == self.expert_severity else "near"
        if self.met:
            return "right"
        return "near" if self.expert in self.secondary else "different"


def against_experts(answers: Sequence[Answer], categories: Sequence[str], *, seed: int = 0) -> dict[str, Any]:
    """Accuracy (Wilson's interval) and Cohen's kappa (bootstrap interval by sample) against the experts, and per type.

    An accepted type counts as the expert's own. Kappa is None where it is undefined (everything of one type).
    `per_type` goes by the expert's type: {"type", "n", "met", "accuracy", "interval"}. All JSON-ready.
    """
    met = sum(answer.met for answer in answers)
    pairs = [(answer.expert, answer.expert if answer.met else answer.given) for answer in answers]
    return {
        "n": len(answers),
        "met": met,
        "accuracy": met / len(answers) if answers else None,
        "interval": wilson(met, len(answers)),
        **pair_kappa(pairs, categories, seed=seed),
        "per_type": [found for name in categories if (found := _one_type(answers, name))],
    }


def pair_kappa(pairs: Sequence[tuple[str, str]], categories: Sequence[str], *, seed: int = 0) -> dict[str, Any]:
    """{"kappa", "kappa_interval"} of pairs of labels of the same samples."""
    ratings = Ratings.from_triples(
        ((str(n), rater, value) for n, pair in enumerate(pairs) for rater, value in zip("ab", pair, strict=True)),
        categories,
    )
    if not pairs:
        return {"kappa": None, "kappa_interval": None}
    kappa = cohen_kappa(ratings.codes[:, 0], ratings.codes[:, 1], len(categories))
    interval = bootstrap(ratings, "cohen_mean", seed=seed)
    return {"kappa": kappa, "kappa_interval": asdict(interval) if interval else None}


def _one_type(answers: Sequence[Answer], name: str) -> dict[str, Any] | None:
    of_it = [answer for answer in answers if answer.expert == name]
    if not of_it:
        return None
    met = sum(answer.met for answer in of_it)
    return {
        "type": name,
        "n": len(of_it),
        "met": met,
        "accuracy": met / len(of_it),
        "interval": wilson(met, len(of_it)),
    }
