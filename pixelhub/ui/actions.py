"""What a role's home page offers: one type, so that every app can contribute without knowing the home page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NextAction:
    """One thing that a person could do now.

    ``priority`` sorts ascending: 0-19 someone is waiting or a person may be in danger, 20-49 today's own work,
    50-79 work that can wait, 80 and above for information. ``count`` is shown as a figure beside the title.
    ``role`` names the role (``Role`` value) whose job it is, for people who hold several.
    """

    title: str
    detail: str
    url: str
    priority: int
    count: int | None = None
    role: str = ""


def in_order(actions: list[NextAction]) -> list[NextAction]:
    """Most urgent first; ties keep the larger count first, then the title, so that the order never flickers."""
    return sorted(actions, key=lambda action: (action.priority, -(action.count or 0), action.title))


__all__ = ["NextAction", "in_order"]
