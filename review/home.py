"""What the front page gathers from all apps."""

from __future__ import annotations

from django.conf import settings

from annotation.selectors import next_actions as annotation_actions
from datasets_app.selectors import next_actions as dataset_actions
from inference.selectors import next_actions as inference_actions
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.models import FINAL_STATES, Job
from pixelhub.ui.actions import NextAction, in_order
from review.selectors import next_actions as review_actions
from review.topics import board_topics
from training_app.selectors import next_actions as training_actions

__all__ = ["actions_for", "home_topics", "preparing_demo"]

_GATHERED = (dataset_actions, annotation_actions, training_actions, review_actions, inference_actions)
#: Jobs of this kind make the demo workspace.
DEMO_KIND = "demo."


def actions_for(user: User, project: Project) -> list[NextAction]:
    """Every app's next actions for this person, the most urgent first. Apps check permission themselves."""
    return in_order([action for gather in _GATHERED for action in gather(user, project)])


def home_topics(project_id: int) -> list[str]:
    """What the front page listens to: everything that moves the loop on."""
    return [*board_topics(project_id), *(f"project:{project_id}:{what}" for what in ("jobs", "cases", "alerts"))]


def preparing_demo(project: Project) -> Job | None:
    """The job that still prepares the demo workspace, in demo mode only."""
    if not (settings.DEMO and project.is_demo):
        return None
    jobs = Job.objects.filter(project=project, kind__startswith=DEMO_KIND).exclude(state__in=FINAL_STATES)
    return jobs.order_by("pk").first()
