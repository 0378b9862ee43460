"""A finished generation whose conversations wait for a reader: nobody has decided on any, as nobody has read them."""

from __future__ import annotations

from typing import Final

from datasets_app.corpus.synthesis.plan import EDGE_CASES, Plan
from datasets_app.services.synthesis import synthesis_start
from pixelhub.accounts.models import Project
from pixelhub.jobs.base import JobContext
from review.demo.conversations import finish
from review.demo.people import demo_person

COUNT: Final = 48
SEED: Final = 42


def make_up_conversations(ctx: JobContext, project: Project) -> None:
    """Three edge cases of each category; they are in no round, no release and no figure before somebody keeps them."""
    batch = synthesis_start(
        project=project,
        actor=demo_person("dana"),
        plan=Plan(COUNT, SEED, EDGE_CASES),
        backend="templates",
        request_key="demo",
    )
    finish(ctx, batch.job)
