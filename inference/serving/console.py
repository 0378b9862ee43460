"""Score one conversation for a signed-in person: the same verified model, rules and log as the API, without a loop."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout

from inference.engine.answer import Scored
from inference.engine.batcher import DEADLINE_S
from inference.engine.conversation import Conversation
from inference.engine.session import ModelSession, Prediction
from inference.services import score_log_write
from inference.serving import counting, scoring
from inference.serving.registry import Registry, registry
from pixelhub.accounts.models import Project, User

logger = logging.getLogger(__name__)

_lane = ThreadPoolExecutor(1, thread_name_prefix="console-lane")


def console_score(
    *,
    conversation: Conversation,
    project: Project,
    user: User,
    models: Registry = registry,
    deadline_s: float = DEADLINE_S,
) -> Scored:
    """The scored conversation; its row is written before this returns."""
    models.refresh_if_old()
    started = time.perf_counter()
    served = models.served(project.pk)
    reason = scoring.why_no_model(served, models.problem)
    prediction: Prediction | None = None
    if served and served.session and not reason:
        prediction, reason = _predict(served.session, conversation, deadline_s)
    finding = scoring.finding_of(conversation)
    scored = scoring.scored_of(conversation, served, prediction, finding, reason=reason, started=started)
    counting.answered(scored)
    score_log_write(rows=[scoring.row_of(scored, project_id=project.pk, user_id=user.pk)])
    return scored


def _predict(session: ModelSession, conversation: Conversation, deadline_s: float) -> tuple[Prediction | None, str]:
    work = _lane.submit(lambda: session.run([scoring.encode(session, conversation)])[0])
    try:
        return work.result(timeout=deadline_s), ""
    except FutureTimeout:
        work.cancel()
        return None, "model_slow"
    except Exception as error:  # whatever the model raises, the rules answer
        logger.error("the model failed in the console: %s", type(error).__name__)
        return None, "model_failed"
