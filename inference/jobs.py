"""Jobs of inference."""

from __future__ import annotations

from typing import Any

from inference.services import session_text_purge
from pixelhub.jobs.base import JobContext, JobHandler, register


@register
class PurgeSessions(JobHandler):
    """End silent sessions and forget what is due: the scoring service's own minute-by-minute look, once more."""

    kind = "inference.purge_sessions"
    label = "Delete words of ended sessions"
    heavy = False

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Purge what is due; repeating it does no harm."""
        done = session_text_purge()
        ctx.log(f"{done.ended} sessions ended, {done.transcripts} transcripts forgotten, {done.texts} texts deleted")
        return {"ended": done.ended, "transcripts": done.transcripts, "texts": done.texts}


from . import job_webhooks  # noqa: E402, F401  (registers its handler)
