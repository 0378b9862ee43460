"""The job that scores a release: by rules, or with the trained heads that the settings name.

It stands here and not beside its service because the heads need the encoder, and that is training's.
"""

from __future__ import annotations

from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

from datasets_app.corpus.engine.executors import make_executor
from datasets_app.corpus.enrichment.heads import HeadsRefused
from datasets_app.services.enrichment import JOB_KIND, Scorer, enrichment_fail, enrichment_run
from pixelhub.jobs.base import JobContext, JobError, JobHandler, register


@register
class ReleaseEnrich(JobHandler):
    """Score emotion, bias and quality of every conversation of a release."""

    kind = JOB_KIND
    label = "Score a release"
    queue = "default"

    def run(self, ctx: JobContext) -> dict[str, Any]:
        """Score the release of the enrichment named in the parameters; what is scored already is kept."""
        enrichment_id = int(ctx.params["enrichment"])
        workers = settings.ENRICHMENT_WORKERS
        try:
            with closing(make_executor("inline" if workers == 1 else "pool", workers=workers)) as executor:
                return enrichment_run(enrichment_id=enrichment_id, scorer=_scorer(), executor=executor, ctx=ctx)
        except JobError as error:
            enrichment_fail(enrichment_id=enrichment_id, reason=str(error))
            raise


def _scorer() -> Scorer:
    """Return who scores. Raises JobError where the heads that the settings name cannot be used."""
    if not settings.ENRICHMENT_HEADS:
        return Scorer()
    # Imported here: the graph's runtime takes its time, and no other job of this process needs it.
    sentences = import_module("training_app.learn.sentences")
    heads = Path(settings.ENRICHMENT_HEADS)
    try:
        return Scorer(sentences.BY_HEADS, heads, sentences.opened(heads)[1].sha256)
    except HeadsRefused as refused:
        raise JobError(f"ENRICHMENT_HEADS cannot be used: {refused}") from None
