"""Reads of the discussion of a case. Names stay hidden until everybody who was asked has judged."""

from __future__ import annotations

from dataclasses import dataclass

from pixelhub.accounts.models import User
from review.models import Assignment, DiscussionPost, Judgement, Resolution, ReviewCase

__all__ = ["Thread", "thread_of"]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: a name, or "Expert B" while names are hidden; `own` is the reader themself."""

    name: str
    own: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything said about a case that its readers may see once they have judged it."""

    named: bool
    judgements: list[tuple[Voice, Judgement]]
    posts: list[tuple[Voice, DiscussionPost]]
    resolution: Resolution | None


def thread_of(case: ReviewCase, reader: User) -> Thread:
    """The thread as `reader` sees it. Ask `may_discuss` first: whoever still judges sees none of it."""
    judgements = list(
        Judgement.objects.filter(case=case, judged_at__isnull=False).select_related("expert", "case").order_by("pk")
    )
    posts = list(DiscussionPost.objects.filter(case=case).select_related("author"))
    named = not case.assignments.filter(state__in=Assignment.HELD).exists()
    order = list(dict.fromkeys([one.expert_id for one in judgements] + [one.author_id for one in posts]))

    def voice(person: User) -> Voice:
        own = person.pk == reader.pk
        hidden = f"Expert {chr(ord('A') + order.index(person.pk))}"
        return Voice("You" if own else str(person) if named else hidden, own)

    return Thread(
        named,
        [(voice(one.expert), one) for one in judgements],
        [(voice(one.author), one) for one in posts],
        Resolution.objects.filter(case=case).select_related("decided_by").first(),
    )
