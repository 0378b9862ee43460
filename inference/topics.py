"""Live topics of the crisis protocol."""

from __future__ import annotations


def cases_topic(project_id: int) -> str:
    """Changes with every case of a project, and with the watch over its deadlines."""
    return f"project:{project_id}:cases"


def sessions_topic(project_id: int) -> str:
    """Changes when a session of the project begins or ends, and when its level changes."""
    return f"project:{project_id}:sessions"
