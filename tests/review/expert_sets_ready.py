"""A project with conversations to draw an expert set from, and a release that trains on others of them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from typing import Any

from datasets_app.corpus.hashing import content_hash
from datasets_app.models import ImportBatch, Record, Release
from pixelhub.accounts.models import Project, User
from review import services
from review.models import ExpertSet
from tests.datasets.making import compiled, published
from tests.personas import World

NEAR = "the very same long sentence that somebody wrote about a hard week at work and at home and with the children "
WORDS = [f"word{number}" for number in range(900)]
KINDS = ("none", "none", "none", "none", "panic", "self_harm", "immediate_harm")
SIZE = 20


def said(number: int) -> str:
    """Words that are like no other number's."""
    return " ".join(random.Random(number).sample(WORDS, 30))


def bring_in(project: Project, texts: Sequence[str], *, kinds: Sequence[str] = KINDS, **fields: Any) -> list[Record]:
    """Usable, labelled records with these words, types in turn."""
    batch = ImportBatch.objects.create(
        project=project, source="synthetic", family="edge_case_synthetic", file_name="made.jsonl",
        object_key="imports/made.jsonl", file_sha256="0" * 64, state=ImportBatch.State.DONE,
    )  # fmt: skip
    rows = []
    for number, text in enumerate(texts):
        messages = [{"role": "user", "content": text}, {"role": "assistant", "content": "I am with you."}]
        kind = kinds[number % len(kinds)]
        group = f"record:edge_case_synthetic:{uuid.uuid4().hex}"
        values: dict[str, Any] = {
            "project": project, "import_batch": batch, "content_hash": content_hash(messages), "messages": messages,
            "record_hash": uuid.uuid4().hex, "external_id": f"row-{number}", "line": number, "turns": 2,
            "group_key": group, "group_keys": [group], "source": "synthetic", "pii_state": "checked",
            "family": "edge_case_synthetic", "proposed_type": kind, "proposed_severity": None if kind == "none" else 3,
            "metadata": {"format": "sample", "input": {"metadata": {
                "scenario_family": ("work_money", "isolation_ageing")[number % 2],
                "difficulty": ("overt", "veiled", "hedged")[number % 3],
                "demographics": "34, woman",
            }}},
        }  # fmt: skip
        rows.append(Record(**(values | fields)))
    return Record.objects.bulk_create(rows)


def demo(world: World) -> Project:
    """Alpha as a demo project: sets may be small there."""
    world.project.is_demo = True
    world.project.save()
    return world.project


def trained_on(project: Project) -> tuple[Release, list[Record]]:
    """A real release of 41 labelled conversations; the last one's words are `NEAR`."""
    rows = bring_in(project, [*(said(number) for number in range(40)), NEAR * 2])
    published(project, rows)
    release = compiled(project)
    assert release.state == Release.State.PUBLISHED, release.error
    return release, rows


def drawn(project: Project, actor: User, *, seed: int = 5, size: int = SIZE, **options: Any) -> ExpertSet:
    return services.expert_set_draw(project=project, actor=actor, name="experts", size=size, seed=seed, **options)


def rate_all(expert_set: ExpertSet, expert: User, *, wrong: Sequence[int] = ()) -> None:
    """Say of every example what it was made for; another type at the positions in `wrong`."""
    for example in expert_set.examples.all():
        kind = example.facts["given_type"]
        if example.position in wrong:
            kind = "substance" if kind == "none" else "none"
        services.example_rate(
            example=example, expert=expert, crisis_type=kind, severity=None if kind == "none" else 3,
            rubric={"evidence": 4, "authentic": 3}, safety=["medical_advice"] if example.position == 1 else [],
        )  # fmt: skip
