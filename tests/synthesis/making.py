"""Generations made to their end through the real services."""

from __future__ import annotations

from uuid import uuid4

from datasets_app.corpus.synthesis.plan import Plan
from datasets_app.models import SynthesisBatch
from datasets_app.services.synthesis import synthesis_start
from pixelhub.accounts.models import Project, User
from pixelhub.jobs.runner import run_inline


def made(
    project: Project, actor: User, plan: Plan, *, backend: str = "templates", sample_size: int = 0
) -> SynthesisBatch:
    """Ask for a generation and run its job, attempt after attempt, as a worker would."""
    batch = synthesis_start(
        project=project, actor=actor, plan=plan, backend=backend, request_key=str(uuid4()), sample_size=sample_size
    )
    run_inline(batch.job)
    return SynthesisBatch.objects.select_related("job", "project").get(pk=batch.pk)
