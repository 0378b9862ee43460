"""The whole path with its real parts: import, round, snapshot, release, review, sign-off, promotion, score.

Only the weights are stand-ins (see staged.py): what this proves is the chain of hashes, not a model.
"""

from __future__ import annotations

import json
from io import BytesIO

from django.utils import timezone

from annotation.services import (
    guideline_approve,
    guideline_ensure_first,
    round_adjudicate_simulated,
    round_close,
    round_create,
    round_open,
    round_publish,
    round_simulate,
)
from datasets_app.corpus.synthesis import generate
from datasets_app.models import Record, Release
from datasets_app.services import import_start, release_create
from inference.models import Deployment, ScoreLog
from inference.services import score_log_write
from pixelhub.jobs.runner import run_inline
from review import services
from tests.personas import World
from tests.review.staged import Staged, stage_on_release

CONVERSATIONS = 98


def walk(world: World) -> tuple[Staged, ScoreLog]:
    """From a file of conversations to a score of a signed version."""
    release = compile_release(world)
    test = [row for row in Record.objects.filter(project=world.project) if row.pk % 4 == 0]
    staged = stage_on_release(world, release, test)
    staged.approved()
    deployment = services.version_promote(version=staged.version, actor=staged.trainer)
    return staged, log_score(deployment)


def compile_release(world: World) -> Release:
    """Import generated conversations, label them by simulated annotators, publish, compile."""
    project, engineer, lead = world.project, world.user("data_engineer"), world.user("clinical_lead")
    lines = [json.dumps(conversation) for conversation in generate(CONVERSATIONS, 5)]
    batch = import_start(
        project=project,
        source="synthetic",
        family="edge_case_synthetic",
        file=BytesIO("\n".join(lines).encode()),
        file_name="made.jsonl",
        actor=engineer,
    )
    run_inline(batch.job)
    guideline = guideline_ensure_first(project=project)
    guideline_approve(guideline=guideline, actor=lead, comment="Read and tried on twenty samples.")
    guideline.refresh_from_db()
    people = [world.user("annotator"), world.user("annotator", n=2)]
    for person in people:
        person.is_simulated = True
        person.save(update_fields=["is_simulated"])
    records = Record.objects.filter(project=project)
    truth = {pk: (kind, level) for pk, kind, level in records.values_list("pk", "proposed_type", "proposed_severity")}
    round = round_create(
        project=project, name="First", guideline=guideline, annotators=people, actor=engineer, simulated=True
    )
    round_open(round=round, actor=engineer)
    accuracy = {person.pk: 0.95 for person in people}
    round_simulate(
        project=project, round=round, truth=truth, annotators=people, accuracy=accuracy, seed=1, actor=engineer
    )
    round = round_close(round=round, actor=engineer)
    round_adjudicate_simulated(round=round, truth=truth, actor=lead)
    round_publish(round=round, actor=engineer, name="First labels")
    release = release_create(project=project, version="1.0.0", seed=3, actor=engineer)
    run_inline(release.job)
    release.refresh_from_db()
    assert release.state == Release.State.PUBLISHED, release.error
    return release


def log_score(deployment: Deployment) -> ScoreLog:
    """One answer of that deployment, written as the scoring service writes them."""
    row = ScoreLog(
        project=deployment.project,
        deployment=deployment,
        model_version=deployment.model_version.version,
        bundle_sha256=deployment.bundle_sha256,
        content_hash="sha256:" + "a" * 64,
        score=0.91,
        crisis=True,
        crisis_type="self_harm",
        severity=4,
        band="emergency",
        alert_level="urgent",
        latency_ms=21.5,
        at=timezone.now(),
    )
    score_log_write(rows=[row])
    return ScoreLog.objects.get(pk=row.pk)
