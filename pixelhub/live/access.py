"""Who may listen to what: members of a topic's project, as long as their account is active."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pixelhub.accounts.models import Membership
from pixelhub.live.topics import TopicInvalid, project_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from pixelhub.accounts.models import User


def allowed_topics(user: User | AnonymousUser, topics: Iterable[object]) -> set[str]:
    """Those of `topics` this user may hear of, asked of the database afresh; malformed ones are left out."""
    if user.pk is None:
        return set()
    by_project: dict[int, set[str]] = {}
    for topic in topics:
        try:
            by_project.setdefault(project_of(str(topic)), set()).add(str(topic))
        except TopicInvalid:
            continue
    member_of = Membership.objects.filter(
        user_id=user.pk, user__is_active=True, project_id__in=list(by_project)
    ).values_list("project_id", flat=True)
    return {topic for project_id in set(member_of) for topic in by_project[project_id]}
