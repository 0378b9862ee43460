"""What of a post and of a decision on a disputed case is hashed."""

from __future__ import annotations

from typing import Any

from review.evidence.digests import statement_digest
from review.models import Campaign, DiscussionPost, Resolution

__all__ = ["post_facts", "resolution_facts", "statement_digests", "statement_problems"]


def post_facts(post: DiscussionPost) -> dict[str, Any]:
    return {
        "content_hash": post.case.record.content_hash,
        "author": post.author.pseudonym,
        "text": post.text,
        "written_at": post.written_at.isoformat(timespec="microseconds"),
    }


def resolution_facts(row: Resolution) -> dict[str, Any]:
    return {
        "content_hash": row.case.record.content_hash,
        "escalate": row.escalate,
        "crisis_type": row.crisis_type,
        "severity": row.severity,
        "reason": row.reason,
        "decided_by": row.decided_by.pseudonym,
        "decided_at": row.decided_at.isoformat(timespec="microseconds"),
    }


def statement_digests(campaign: Campaign) -> list[str]:
    """The digests of everything said and decided in a campaign's discussions, recomputed from the rows."""
    return [digest for _, digest, _ in _statements(campaign)]


def statement_problems(campaign: Campaign) -> list[str]:
    """Which of them are no longer what was written."""
    return [f"{name} was altered after it was made" for name, digest, kept in _statements(campaign) if digest != kept]


def _statements(campaign: Campaign) -> list[tuple[str, str, str]]:
    posts = DiscussionPost.objects.filter(case__campaign=campaign).select_related("case__record", "author")
    rows = Resolution.objects.filter(case__campaign=campaign).select_related("case__record", "decided_by")
    said = [(f"post {post.pk}", statement_digest("post", post_facts(post)), post.sha256) for post in posts]
    decided = [
        (f"the decision on case {row.case.position}", statement_digest("resolution", resolution_facts(row)), row.sha256)
        for row in rows.order_by("pk")
    ]
    return said + decided
