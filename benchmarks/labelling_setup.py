"""Fill a migrated hub for the labelling benchmarks, and look at it afterwards; called in its configuration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from annotation import services
from annotation.models import AnnotationRevision
from benchmarks.labelling_texts import conversation
from datasets_app.models import ImportBatch, Record
from pixelhub.accounts.models import Project, User
from pixelhub.accounts.services import membership_grant, project_create, user_create
from pixelhub.audit.selectors import chain_verify

BATCH = 500
#: The hub sends people who have read for 25 minutes into a break; these are programs, and a run may be longer.
NO_BREAKS = {"break_after_minutes": 1000, "break_after_severe": 30_000, "severe_minutes_per_day": 1440}


def fill(samples: int, annotators: int, overlap: int) -> dict[str, Any]:
    """An open round; returns its project, its id and, for each annotator, the id and a session's key."""
    project = project_create(slug="bench", name="Benchmark")
    lead = _person(project, "lead", "clinical_lead")
    people = [_person(project, f"annotator-{number}", "annotator") for number in range(1, annotators + 1)]
    make_records(project, samples)
    services.policy_change(project=project, actor=_person(project, "qa", "qa"), changes=NO_BREAKS)
    guideline = services.guideline_ensure_first(project=project)
    services.guideline_approve(guideline=guideline, actor=lead, comment="For a benchmark.")
    guideline.refresh_from_db()
    round = services.round_create(
        project=project, name="Benchmark", guideline=guideline, annotators=people, actor=lead, overlap=overlap, seed=7
    )
    services.round_open(round=round, actor=lead)
    return {"project": project.pk, "round": round.pk, "people": [[one.pk, session_of(one)] for one in people]}


def look(round_pk: int) -> dict[str, Any]:
    """Every stored label as [sample, person, client UUID of its first revision], and what is wrong with the audit."""
    first = AnnotationRevision.objects.filter(annotation__item__round=round_pk, revision=1)
    rows = first.values_list("annotation__item_id", "annotation__annotator_id", "client_uuid")
    labels = [[item, person, str(key)] for item, person, key in rows]
    return {"labels": labels, "audit_problems": chain_verify().problems}


def _person(project: Project, username: str, role: str) -> User:
    person = user_create(username=username, password=None)
    membership_grant(project=project, user=person, role=role)
    return person


def session_of(person: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def make_records(project: Project, count: int) -> None:
    """Conversations of one import, each with its own text."""
    family = ImportBatch._meta.get_field("family").choices[0][0]
    batch = ImportBatch.objects.create(
        project=project, source="synthetic", family=family, file_name="benchmark.jsonl",
        object_key="imports/benchmark.jsonl", file_sha256="0" * 64, read=count, accepted=count, state="done",
    )  # fmt: skip
    Record.objects.bulk_create((_record(project, batch, number) for number in range(1, count + 1)), batch_size=BATCH)


def _record(project: Project, batch: ImportBatch, number: int) -> Record:
    messages = conversation(number)
    return Record(
        project=project, import_batch=batch, family=batch.family, line=number, source="synthetic",
        content_hash=f"sha256:{number:064d}", record_hash=f"{number:040d}", external_id=f"benchmark-{number}",
        group_key=f"benchmark-{number}", messages=messages, turns=len(messages), pii_state="checked",
    )  # fmt: skip
