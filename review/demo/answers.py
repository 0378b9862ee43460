"""Some answers for the demo's monitoring page: its own conversations, answered by the rules alone, as they would be.

No model is in production, so every answer is degraded, and the page opens an alert for it. The answers are real, their
moments are made up: over half an hour instead of a second. Only conversations in which the rules see nothing, so that
the board of cases stays readable: all of them wait in the one case of an hour without a model.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Final

from django.utils import timezone

from inference.engine.conversation import conversation_from
from inference.models import ScoreLog
from inference.services import score_log_write
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import FIRST_FILE, records_of
from review.demo.people import demo_person

ANSWERS: Final = 45
OVER: Final = timedelta(minutes=30)


def answer_by_rules(ctx: JobContext, project: Project) -> None:
    """Answer once; a demo that has such answers is left as it is."""
    # Not at the head: the rules compile patterns for a second, in every process that knows this job.
    from inference.serving import scoring

    actor = demo_person("clara")
    if ScoreLog.objects.filter(project=project, scored_by=actor, conversation_id="").exists():
        return
    rows: list[ScoreLog] = []
    for record in records_of(project, FIRST_FILE).filter(proposed_type="none").order_by("pk").iterator():
        conversation = conversation_from({"messages": record.messages})
        started = time.perf_counter()
        finding = scoring.finding_of(conversation)
        scored = scoring.scored_of(conversation, None, None, finding, reason="no_deployment", started=started)
        if scored.decision.crisis is None:
            rows.append(scoring.row_of(scored, project_id=project.pk, user_id=actor.pk))
        if len(rows) == ANSWERS:
            break
        ctx.beat()
    now = timezone.now()
    for place, row in enumerate(rows):
        row.at = now - OVER * (1 - place / max(1, len(rows)))
    score_log_write(rows=rows)
