"""The whole report of one version as plain JSON: the same inputs give the same bytes, in whatever order they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from review.fairness.attributes import attribute_figures
from review.fairness.groups import ATTRIBUTES, GroupedDecision
from review.fairness.levels import FLOOR, MARGIN, RATIO, Verdict, highest
from review.fairness.representation import representation
from review.fairness.text_bias import Spoken, text_bias

FORMAT: Final = "pixelhub.fairness/1"
#: Attribute -> group -> share of the people served, 0 to 1.
Reference = Mapping[str, Mapping[str, float]]


def fairness_report(
    decisions: Sequence[GroupedDecision],
    *,
    train: Mapping[str, Mapping[str, int]] | None,
    reference: Reference,
    spoken: Sequence[Spoken],
    sessions: Mapping[str, Any],
    facts: Mapping[str, Any],
    seed: int,
) -> dict[str, Any]:
    """Every figure by attribute, of what exists, with its verdict; and what they add up to.

    `train` counts the train split by attribute and group, None where it cannot be read. `facts` name the version and
    what the figures were computed from. `sessions` are the live conversations' counts, which have no verdict.
    """
    decisions = sorted(decisions, key=lambda decision: decision.key)  # sums of floats depend on their order
    attributes = [
        attribute_figures(decisions, name, seed=seed)
        | {"representation": representation(_counted(decisions, name), _of(train, name), reference.get(name, {}))}
        for name in ATTRIBUTES
        if any(name in decision.groups for decision in decisions) or name in reference
    ]
    report: dict[str, Any] = {
        "format": FORMAT,
        **facts,
        "n": len(decisions),
        "crises": sum(decision.crisis for decision in decisions),
        "limits": {"floor": FLOOR, "difference": MARGIN, "ratio": RATIO, "level": 0.95},
        "reference": {name: dict(shares) for name, shares in reference.items()},
        "attributes": attributes,
        "text_bias": text_bias(spoken),
        "sessions": dict(sessions),
        "seed": seed,
    }
    return report | {"summary": summary(report)}


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """How many figures were looked at, what became of them, the highest alert, and what raised it."""
    judged = [figure for figure in figures_of(report) if figure["verdict"]]
    verdicts = Counter(figure["verdict"] for figure in judged)
    return {
        "looked_at": len(judged),
        "verdicts": {verdict.value: verdicts[verdict.value] for verdict in Verdict},
        "alert": highest([figure["alert"] for figure in judged]).value,
    }


def figures_of(report: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every figure with a verdict, with the attribute that it is of."""
    for block in report["attributes"]:
        for figure in [*block["figures"], *block["representation"]]:
            yield {"attribute": block["attribute"], **figure}
    for figure in report["text_bias"]["kinds"]:
        yield {"attribute": figure["kind"], **figure}
    yield from report["text_bias"]["by_group"]


def _counted(decisions: Sequence[GroupedDecision], attribute: str) -> dict[str, int]:
    return dict(Counter(each.groups[attribute] for each in decisions if attribute in each.groups))


def _of(train: Mapping[str, Mapping[str, int]] | None, attribute: str) -> Mapping[str, int] | None:
    return None if train is None else train.get(attribute, {})
