"""Bias in the assistant's words, seven kinds: how many conversations, with intervals, and whether by group."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.taxonomy import BIAS_ALERTS, BIAS_KINDS
from review.fairness.attributes import difference, shown
from review.fairness.groups import ATTRIBUTES
from review.fairness.levels import BIAS_SHARE, FLOOR, judged_bias
from review.fairness.shares import Share, widest_difference

#: Attributes of people; of the others nobody is spoken to.
_OF_PEOPLE: Final = tuple(name for name in ATTRIBUTES if name not in ("source", "edge_case"))


@dataclass(frozen=True)
class Spoken:
    """A conversation in which the assistant says something: (kind, level) of every finding, and the person's groups."""

    found: frozenset[tuple[str, str]]
    groups: Mapping[str, str]


def text_bias(spoken: Sequence[Spoken]) -> dict[str, Any]:
    """Counts per kind over all conversations with words of the assistant, and differences between groups."""
    return {
        "n": len(spoken),
        "kinds": [_kind(kind, spoken) for kind in BIAS_KINDS] if spoken else [],
        "by_group": [row for name in _OF_PEOPLE if (row := _by_group(name, spoken)) is not None],
    }


def _kind(kind: str, spoken: Sequence[Spoken]) -> dict[str, Any]:
    levels: Counter[str] = Counter()
    hits = 0
    for each in spoken:
        found = {level for of, level in each.found if of == kind}
        hits += bool(found)
        levels.update(found)
    share = Share(hits, len(spoken))
    verdict, alert = judged_bias(*share.interval(), set(levels))
    return {
        "figure": "text_bias",
        "kind": kind,
        "conversations": hits,
        "levels": {level: levels[level] for level in BIAS_ALERTS},
        "share": shown(share),
        "limit": BIAS_SHARE,
        "verdict": verdict.value,
        "alert": alert.value,
    }


def _by_group(attribute: str, spoken: Sequence[Spoken]) -> dict[str, Any] | None:
    hits: dict[str, list[bool]] = defaultdict(list)
    for each in spoken:
        if attribute in each.groups:
            hits[each.groups[attribute]].append(bool(each.found))
    if not hits:
        return None
    shares = {value: Share(sum(found), len(found)) for value, found in sorted(hits.items())}
    enough = {value: share for value, share in shares.items() if share.n >= FLOOR}
    return {
        "attribute": attribute,
        "groups": [{"value": value, **(shown(share) or {})} for value, share in shares.items()],
        **difference("text_bias_difference", widest_difference(enough)),
    }
