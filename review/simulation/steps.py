"""The steps of a simulated review, each with the audit events that it must have left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pixelhub.accounts.models import User
from pixelhub.audit.models import AuditEvent, AuditHead

__all__ = ["Log", "Step"]


@dataclass(frozen=True)
class Step:
    """What was done, by whom, and what of it must be in the audit chain: action -> at least so many events."""

    title: str
    actor: User | None
    expected: dict[str, int]
    found: Counter[str]

    @property
    def missing(self) -> list[str]:
        """Actions of which there are too few events."""
        return [
            f"{action}: {self.found[action]} of {count}"
            for action, count in self.expected.items()
            if self.found[action] < count
        ]


@dataclass
class Log:
    """The steps so far; `say` prints a line."""

    say: Callable[[str], object]
    steps: list[Step] = field(default_factory=list)

    @contextmanager
    def step(self, title: str, actor: User | None = None, /, **expected: int) -> Iterator[None]:
        """Do one step and take down its events. An action's dot is written as two underscores here.

        Where `actor` is given, only that person's events count: somebody else doing it would be another story.
        """
        self.say(f"{len(self.steps) + 1:2}. {title}{f' [{actor}]' if actor else ''}")
        before = _last()
        yield
        events = AuditEvent.objects.filter(seq__gt=before, seq__lte=_last())
        if actor is not None:
            events = events.filter(actor_id=actor.pk)
        found = Counter(events.values_list("action", flat=True))
        wanted = {name.replace("__", "."): count for name, count in expected.items()}
        self.steps.append(Step(title, actor, wanted, found))

    def note(self, words: str) -> None:
        """A line below the step."""
        self.say(f"      {words}")


def _last() -> int:
    head = AuditHead.objects.filter(pk=1).first()
    return head.seq if head else 0
