"""What racing reviewers do; named by tests/augmentation/test_races.py."""

from __future__ import annotations

from typing import Any

from datasets_app.corpus.hashing import content_hash
from datasets_app.models import Augmentation, ImportBatch, Record, Variation
from datasets_app.services.errors import AugmentationRefused
from datasets_app.services.variations import variation_claim, variation_decide
from pixelhub.accounts.models import Project, User
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from tests.pii_queue.race_acts import own_world


def prepare(variations: int, people: int) -> dict[str, Any]:
    """A parent whose variations wait, and reviewers."""
    world = own_world()
    batch = ImportBatch.objects.create(
        project=world.project, source="synthetic", family="sarcasm", file_name="f", object_key="k", file_sha256="0" * 64
    )
    words = [{"role": "user", "content": "I was at the lake."}]
    parent = Record.objects.create(
        project=world.project, content_hash=content_hash(words), record_hash="r", external_id="p", group_key="g",
        messages=words, turns=1, source="synthetic", family="sarcasm", import_batch=batch, line=1,
    )  # fmt: skip
    run = Augmentation.objects.create(project=world.project, state="done", counts={"edge_case": variations})
    Variation.objects.bulk_create(
        Variation(
            augmentation=run, project=world.project, parent=parent, parent_content_hash=parent.content_hash,
            name=f"aug-{n}", row={}, strategy="edge_case", kind="sarcasm", crisis_type="none",
        )
        for n in range(variations)
    )  # fmt: skip
    return {
        "project": world.project.pk,
        "people": [world.user("qa", n).pk for n in range(1, people + 1)],
        "variations": list(run.variations.values_list("pk", flat=True)),
    }


def work(project_pk: int, person_pk: int, contested: list[int]) -> dict[str, list[int]]:
    """Decide the contested ones, each in turn, then claim and decide until nothing is left."""
    project, person = Project.objects.get(pk=project_pk), User.objects.get(pk=person_pk)
    won = [pk for pk in contested if _decided(Variation.objects.get(pk=pk), person)]
    shown, claimed = [], []
    while (found := variation_claim(project=project, actor=person)) is not None:
        shown.append(found.pk)
        claimed += [found.pk] if _decided(found, person) else []
    return {"won": won, "shown": shown, "decided": claimed}


def _decided(variation: Variation, person: User) -> bool:
    try:
        variation_decide(variation=variation, actor=person, answer="refused", reason=f"by {person.pk}")
    except AugmentationRefused:
        return False
    return True


def look(project_pk: int) -> dict[str, Any]:
    """What is left: states, events, whether the decision is that of the person named, the chain."""
    rows = Variation.objects.filter(project=project_pk)
    return {
        "states": sorted(set(rows.values_list("state", flat=True))),
        "events": AuditEvent.objects.filter(action="variation.decide", project_id=project_pk).count(),
        "mixed": [row.pk for row in rows if row.reason != f"by {row.decided_by_id}"],
        "audit": list(chain_verify().problems),
    }
