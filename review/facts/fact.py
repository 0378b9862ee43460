"""One figure with its interval, its origin, and a link to where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from review.evidence.estimates import Verdict


@dataclass(frozen=True, slots=True)
class Fact:
    """`value` None: the data cannot answer yet, `detail` says why.

    `verdict` is set where the figure's own floor has judged it already (evaluations, agreement); else the board does.
    `caveat` says that what stands behind it is synthetic or simulated. `url` leads to the evidence.
    """

    value: float | None
    detail: str = ""
    low: float | None = None
    high: float | None = None
    url: str = ""
    caveat: str = ""
    verdict: Verdict | None = None


def unknown(detail: str, url: str = "") -> Fact:
    """Not answered yet, and why."""
    return Fact(None, detail, url=url)
