"""Fill a migrated hub for the races over HTTP, and look at it afterwards; called in its configuration."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from annotation import services
from annotation.models import Adjudication, AnnotationRevision, RoundItem, Slot
from benchmarks.labelling_setup import NO_BREAKS, session_of
from datasets_app.models import ImportBatch
from pixelhub.accounts.models import User
from pixelhub.accounts.services import project_create
from pixelhub.audit.models import AuditEvent
from pixelhub.audit.selectors import chain_verify
from review.evidence.signed import evidence_digest
from review.frozen import gather_evidence
from review.models import SignOff
from review.signin import PASSWORD
from tests.annotation.making import HARM, NONE, approved_guideline, disputed_round, make_records
from tests.personas import World
from tests.review.staged import REASON, stage_version


def own_world() -> World:
    """Projects and people of one race."""
    name = f"r{uuid.uuid4().hex[:8]}"
    return World(
        project=project_create(slug=name, name=name), other_project=project_create(slug=f"{name}-other", name=name)
    )


def fill_slots(rounds: int, people: int) -> dict[str, Any]:
    """Open rounds of one sample that one person may have."""
    world = own_world()
    annotators = [world.user("annotator", n=n) for n in range(1, people + 1)]
    guideline, lead = approved_guideline(world), world.user("qa")
    made = []
    for number in range(rounds):
        make_records(world.project, 1)
        round = services.round_create(
            project=world.project, name=f"Race {number}", guideline=guideline, annotators=annotators, overlap=1,
            actor=lead, seed=7,
        )  # fmt: skip
        made.append(services.round_open(round=round, actor=lead).pk)
    return {"rounds": made, "sessions": [session_of(person) for person in annotators]}


def look_slots(rounds: list[int]) -> dict[str, Any]:
    """How many slots were taken and labels stored, by round."""
    return {
        "taken": [Slot.objects.filter(round=pk).exclude(annotator=None).count() for pk in rounds],
        "stored": [AnnotationRevision.objects.filter(annotation__item__round=pk).count() for pk in rounds],
        **_audit(),
    }


def fill_disputes(rounds: int, people: int) -> dict[str, Any]:
    """A closed round with a disagreement for each race, and people who may decide it."""
    world = own_world()
    services.policy_change(project=world.project, actor=world.user("qa"), changes=NO_BREAKS)
    positions = range(1, rounds + 1)
    round = disputed_round(world, dict.fromkeys(positions, HARM), dict.fromkeys(positions, NONE), samples=rounds)
    deciders = [world.user("qa", n=n) for n in range(1, people + 1)]
    items = list(RoundItem.objects.filter(round=round).order_by("position").values_list("pk", flat=True))
    return {"round": round.pk, "items": items, "sessions": [session_of(person) for person in deciders]}


def look_disputes(items: list[int]) -> dict[str, Any]:
    """How many decisions stand, by sample, and the versions they are in."""
    return {
        "decisions": [Adjudication.objects.filter(item=pk).count() for pk in items],
        "versions": list(Adjudication.objects.filter(item__in=items).values_list("version", flat=True)),
        **_audit(),
    }


def fill_signoffs(rounds: int, people: int) -> dict[str, Any]:
    """A reviewed version for each race, its misses read, and one lead's windows, signed in again just now."""
    world, digests = own_world(), {}
    lead = world.user("clinical_lead")
    for number in range(rounds):
        staged = stage_version(world, seed=number + 1)
        staged.reviewed()
        staged.read_misses(lead)
        digests[staged.version.pk] = evidence_digest(gather_evidence(staged.version))
    return {
        "versions": list(digests),
        "digests": digests,
        "sessions": [_fresh_session(lead) for _ in range(people)],
        "reason": REASON,
    }


def look_signoffs(versions: list[int]) -> dict[str, Any]:
    """How many signatures stand, by version."""
    return {"signatures": [SignOff.objects.filter(model_version=pk).count() for pk in versions], **_audit()}


def fill_imports(rounds: int, people: int) -> dict[str, Any]:
    """People of one project who may import."""
    world = own_world()
    engineers = [world.user("data_engineer", n=n) for n in range(1, people + 1)]
    return {"project": world.project.pk, "sessions": [session_of(person) for person in engineers]}


def look_imports(project: int) -> dict[str, Any]:
    """Imports and the events that tell of them."""
    begun = AuditEvent.objects.filter(action="import.start", project_id=project).count()
    return {"imports": ImportBatch.objects.filter(project=project).count(), "events": begun, **_audit()}


def _fresh_session(lead: User) -> str:
    """Of one window of a person who signed in again just now; fresh for as long as SIGNOFF_FRESH_S says."""
    session = SessionStore(session_key=session_of(lead))
    session["review_signed_in"] = {"user": lead.pk, "at": timezone.now().isoformat(), "methods": [PASSWORD]}
    session.save()
    return str(session.session_key)


def _audit() -> dict[str, Any]:
    return {"audit_problems": list(chain_verify().problems)}
