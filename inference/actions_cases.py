"""What the home page offers of the crisis protocol: to responders what waits, to administrators what was escalated."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from inference.models import Webhook
from inference.selectors_cases import follow_ups_overdue, is_watched, waiting_for
from pixelhub.accounts.access import capabilities
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.ui.actions import NextAction


def case_actions(user: User, project: Project) -> list[NextAction]:
    """A person may be in danger: these come first."""
    granted = capabilities(user, project)
    if Capability.CASE_VIEW not in granted:
        return []
    board, actions = reverse("inference:case_board"), []
    waiting = list(waiting_for(project, user).values_list("tier", "kind"))
    escalated = sum(tier > 0 for tier, _ in waiting)
    alarms = sum(kind == "alarm" and not tier for tier, kind in waiting)
    unread = len(waiting) - escalated - alarms
    if escalated:
        detail = "A deadline has passed and nobody has decided. Somebody must look now."
        actions.append(NextAction("Cases escalated", detail, board, 0, escalated))
    if alarms:
        actions.append(NextAction("Cases wait for a person", "Alarms of the scoring service.", board, 1, alarms))
    if unread:
        detail = "The model gave no answer for them."
        actions.append(NextAction("Cases must be read", detail, f"{board}?show=unread", 5, unread))
    if Capability.CASE_RESPOND in granted and (overdue := follow_ups_overdue(project).count()):
        detail = "Somebody promised to look again, and the time has passed."
        actions.append(NextAction("Cases to follow up", detail, board, 3, overdue))
    if waiting and not is_watched(now=timezone.now()):
        detail = "No worker is running: no deadline escalates and no message is sent."
        actions.append(NextAction("Nobody watches the deadlines", detail, board, 2))
    if Capability.WEBHOOK_MANAGE in granted:
        broken = Webhook.objects.filter(project=project, removed_at=None, disabled_at__isnull=False)
        if broken.exists():
            detail = "Its messages did not arrive, so nothing is sent any more."
            actions.append(NextAction("The webhook is disabled", detail, reverse("inference:webhook"), 6))
    return actions
