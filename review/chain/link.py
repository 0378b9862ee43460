"""A link of the chain: what it is, whether it holds, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inference.models import ScoreLog

__all__ = ["Chain", "Link", "checked"]


@dataclass(frozen=True, slots=True)
class Link:
    """`problems` is empty when the link was verified. `facts` are (name, value) pairs, ids and hashes only."""

    key: str
    title: str
    problems: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    url: str = ""

    @property
    def verified(self) -> bool:
        return not self.problems

    @property
    def state(self) -> str:
        return "verified" if self.verified else "broken"


@dataclass(frozen=True, slots=True)
class Chain:
    score: ScoreLog
    links: tuple[Link, ...]

    @property
    def ok(self) -> bool:
        return all(link.verified for link in self.links)

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
                    "facts": [{"name": name, "value": value} for name, value in link.facts],
                }
                for link in self.links
            ],
        }


def checked(key: str, title: str, problems: Iterable[str], facts: Iterable[tuple[str, str]], *, url: str = "") -> Link:
    """A link from whatever collections the check made."""
    return Link(key, title, tuple(problems), tuple(facts), url)
