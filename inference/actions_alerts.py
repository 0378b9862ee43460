"""What the home page offers of monitoring: alerts that nobody has acknowledged."""

from __future__ import annotations

from django.urls import reverse

from inference.models import Alert
from inference.selectors_alerts import HUB_RULES
from pixelhub.accounts.access import can
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.roles import Capability
from pixelhub.ui.actions import NextAction

_PRIORITY = {Alert.Level.CRITICAL: 4, Alert.Level.WARNING: 14}


def alert_actions(user: User, project: Project) -> list[NextAction]:
    """For who responds to alerts; critical ones come right after the cases."""
    if not can(user, project, Capability.ALERT_RESPOND):
        return []
    waiting = Alert.objects.filter(project=project, ended_at=None, acknowledged_at=None)
    found = [(alert.level, HUB_RULES[alert.rule].label) for alert in waiting if alert.rule in HUB_RULES]
    actions = []
    for level in Alert.Level:
        names = sorted(label for one, label in found if one == level)
        if names:
            title = f"{level.label} alerts"
            names[1:] = [f"{name[0].lower()}{name[1:]}" for name in names[1:]]
            detail = f"{', '.join(names)}: past the limit, and nobody has acknowledged {'them' if names[1:] else 'it'}."
            actions.append(NextAction(title, detail, reverse("inference:monitoring"), _PRIORITY[level], len(names)))
    return actions
