"""Live topics of the crisis protocol."""

from __future__ import annotations


def cases_topic(project_id: int) -> str:
    """Changes with every case of a project, and with the watch over its deadlines."""
    return f"project:{project_id}:cases"


def sessions_topic(project_id: int) -> str:
    """Changes when a session of the project begins or ends, and when its level changes."""
    return f"project:{project_id}:sessions"


def monitoring_topic(project_id: int) -> str:
    """Changes when answers of the project were counted: every few seconds while it is asked."""
    return f"project:{project_id}:monitoring"


def alerts_topic(project_id: int) -> str:
    """Changes with each alert of a project, and with its limits."""
    return f"project:{project_id}:alerts"
