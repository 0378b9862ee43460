"""What the part “People and samples” of a round's page is rendered from."""

from __future__ import annotations

from typing import Any

from django.forms import Form

from annotation.forms_people import ExtendForm, InviteForm, LeaveForm
from annotation.models import Round
from annotation.services.assignment import CHANGEABLE
from annotation.services.rounds import records_not_yet_labelled
from pixelhub.accounts.access import can
from pixelhub.accounts.models import User
from pixelhub.accounts.roles import Capability


def people_context(user: User, round: Round, **forms: Form) -> dict[str, Any]:
    """Forms to invite, to take out and to add samples, for those who manage a round that can still change.

    Sets of practice and qualification have none: people enter these by themselves, and all label every sample.
    `forms` (invite, leave, extend) takes the place of fresh ones; the part is open then.
    """
    if round.is_learning or round.state not in CHANGEABLE or not can(user, round.project, Capability.ROUND_MANAGE):
        return {}
    leave = LeaveForm(round=round)
    return {
        "people_forms": {
            "invite": InviteForm(round=round),
            "leave": leave,
            "extend": ExtendForm(),
            "ready": records_not_yet_labelled(round.project).count(),
            "to_spare": len(leave.people) > round.overlap,
            "is_open": bool(forms),
            **forms,
        }
    }
