"""One figure with its interval, its origin, and a link to where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from pixelhub.accounts.roles import Capability
from review.evidence.estimates import Verdict

#: Held by everybody who sees the work of all roles; most evidence is theirs to open.
WATCHERS = frozenset({Capability.DATASET_VIEW})


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` None: the data cannot answer yet, `detail` says why.

    `verdict` is set where the figure's own floor has judged it already (evaluations, agreement); else the board does.
    `caveat` says that what stands behind it is synthetic or simulated. `url` leads to the evidence. `subject` names
    what the figure is about where that changes over time ("version 1.0.0", "round 3"). `size` is the number of units
    behind an estimate with an interval. `needs`: whoever holds one of these may open `url`.
    """

    value: float | None
    detail: str = ""
    low: float | None = None
    high: float | None = None
    url: str = ""
    caveat: str = ""
    verdict: Verdict | None = None
    subject: str = ""
    size: int | None = None
    needs: frozenset[Capability] = WATCHERS

    def opens_for(self, granted: frozenset[Capability]) -> bool:
        """Whether somebody with these capabilities may open the evidence."""
        return bool(self.url) and bool(self.needs & granted)


def unknown(detail: str, url: str = "") -> Fact:
    """Not answered yet, and why."""
    return Fact(None, detail, url=url)
