"""A link of the chain: what it is, whether it holds, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inference.models import ScoreLog

__all__ = ["Chain", "Link", "checked"]


@dataclass(frozen=True, slots=True)
class Link:
    """`problems` is empty when nothing was found. `facts` are (name, value) pairs, ids and hashes only.

    `unchecked` says what was not looked at, where not everything was.
    """

    key: str
    title: str
    problems: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    url: str = ""
    unchecked: str = ""

    @property
    def verified(self) -> bool:
        return not self.problems

    @property
    def state(self) -> str:
        if self.problems:
            return "broken"
        return "partial" if self.unchecked else "verified"


@dataclass(frozen=True, slots=True)
class Chain:
    score: ScoreLog
    links: tuple[Link, ...]

    @property
    def ok(self) -> bool:
        """Nothing was found that does not hold."""
        return all(link.verified for link in self.links)

    @property
    def whole(self) -> bool:
        """Everything was looked at."""
        return not any(link.unchecked for link in self.links)

    def as_dict(self) -> dict[str, Any]:
        """As the command prints it with --json."""
        return {
            "score": str(self.score.pk),
            "ok": self.ok,
            "links": [
                {
                    "key": link.key,
                    "title": link.title,
                    "state": link.state,
                    "problems": list(link.problems),
                    "unchecked": link.unchecked,
                    "facts": [{"name": name, "value": value} for name, value in link.facts],
                }
                for link in self.links
            ],
        }


def checked(
    key: str,
    title: str,
    problems: Iterable[str],
    facts: Iterable[tuple[str, str]],
    *,
    url: str = "",
    unchecked: str = "",
) -> Link:
    """A link from whatever collections the check made."""
    return Link(key, title, tuple(problems), tuple(facts), url, unchecked)
