"""The live topics of review: pages subscribe to what services touch."""

from __future__ import annotations

from pixelhub.accounts.models import Project
from pixelhub.live.services import touch

__all__ = [
    "board_topic",
    "board_topics",
    "campaign_topic",
    "expert_sets_topic",
    "questions_topic",
    "review_topic",
    "touch_review",
]


def review_topic(project_id: int) -> str:
    return f"project:{project_id}:review"


def board_topic(project_id: int) -> str:
    return f"project:{project_id}:board"


def board_topics(project_id: int) -> list[str]:
    """What the board listens to: everything that can move one of its figures. Not every score: that is too often."""
    names = ("board", "imports", "rounds", "snapshots", "releases", "runs", "versions", "review", "deployments")
    return [f"project:{project_id}:{name}" for name in names]


def campaign_topic(project_id: int, campaign_id: int) -> str:
    return f"project:{project_id}:campaign:{campaign_id}"


def expert_sets_topic(project_id: int) -> str:
    return f"project:{project_id}:expert_sets"


def questions_topic(project_id: int, version_id: int) -> str:
    return f"project:{project_id}:questions:{version_id}"


def touch_review(project: Project) -> None:
    """Campaigns, sign-offs or promotions changed; the board answers from them, so it looks again too."""
    touch(review_topic(project.pk))
    touch(board_topic(project.pk))
