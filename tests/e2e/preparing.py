"""A published snapshot made by the real services: generated conversations, labelled by simulated annotators."""

import json
from io import BytesIO

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
from datasets_app.models import Record
from datasets_app.services import import_start
from pixelhub.jobs.runner import run_inline
from tests.personas import World

ACCURACY = 0.95


def simulated_snapshot(world: World, *, conversations: int, seed: int = 5) -> None:
    """Import generated conversations into an empty project, run a simulated round over them, publish its labels."""
    project, engineer, lead = world.project, world.user("data_engineer"), world.user("clinical_lead")
    lines = [json.dumps(conversation) for conversation in generate(conversations, seed)]
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
    made = round_create(
        project=project, name="First", guideline=guideline, annotators=people, actor=engineer, simulated=True
    )
    made = round_open(round=made, actor=engineer)
    accuracy = {person.pk: ACCURACY for person in people}
    round_simulate(
        project=project, round=made, truth=truth, annotators=people, accuracy=accuracy, seed=1, actor=engineer
    )
    made = round_close(round=made, actor=engineer)
    round_adjudicate_simulated(round=made, truth=truth, actor=lead)
    round_publish(round=made, actor=engineer, name="First labels")
