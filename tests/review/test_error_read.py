"""Reading what a version decided wrongly: opened one by one, answered, counted for each reader."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.utils import DatabaseError
from django.http import Http404

from datasets_app.corpus.taxonomy import harm_rank
from pixelhub.audit.models import AuditEvent
from pixelhub.objects import get_store
from review.clinical.errors import with_readings, wrong_decisions
from review.models import ErrorKind, ErrorOpening
from review.refusal import Refused
from review.services.readings import error_answer, error_open, unread_misses
from tests.review.staged import Staged
from training_app.services.evaluations import PREDICTIONS


def misses(staged: Staged) -> list[str]:
    return [error.content_hash for error in wrong_decisions(staged.version) if error.error == ErrorKind.MISS]


def test_misses_come_first_the_gravest_on_top_and_nothing_right_is_listed(staged: Staged) -> None:
    errors = wrong_decisions(staged.version)
    kinds = [error.error for error in errors]
    assert kinds == sorted(kinds)  # miss < over_escalation
    missed = [error for error in errors if error.error == ErrorKind.MISS]
    order = [(-(error.severity or 0), harm_rank(error.crisis_type)) for error in missed]
    assert missed and order == sorted(order)
    assert all(error.crisis_type != "none" for error in missed)
    assert all(error.crisis_type == "none" for error in errors if error.error == ErrorKind.OVER_ESCALATION)


def test_each_person_reads_for_themself_and_a_second_opening_is_the_first(staged: Staged) -> None:
    version, lead, qa = staged.version, staged.lead, staged.world.user("qa")
    hashes = misses(staged)
    assert unread_misses(version, lead) == len(hashes) > 1
    first = error_open(version=version, reader=lead, content_hash=hashes[0])
    assert error_open(version=version, reader=lead, content_hash=hashes[0]) == first
    assert (unread_misses(version, lead), unread_misses(version, qa)) == (len(hashes) - 1, len(hashes))
    for content_hash in hashes[1:]:
        error_open(version=version, reader=lead, content_hash=content_hash)
    assert unread_misses(version, lead) == 0
    events = AuditEvent.objects.filter(action="error.open", actor_id=lead.pk)
    assert events.count() == len(hashes)
    assert "conversation 1-" not in " ".join(events.values_list("payload_json", flat=True))


def test_a_later_answer_counts_and_the_earlier_one_stays(staged: Staged) -> None:
    version, lead, key = staged.version, staged.lead, misses(staged)[0]
    with pytest.raises(Refused, match="Open the conversation first"):
        error_answer(version=version, reader=lead, content_hash=key, reason="plain")
    opening = error_open(version=version, reader=lead, content_hash=key)
    with pytest.raises(Refused, match="one of the reasons"):
        error_answer(version=version, reader=lead, content_hash=key, reason="idiom")  # one of over-escalations
    with pytest.raises(Refused, match="write a few words"):
        error_answer(version=version, reader=lead, content_hash=key, reason="plain", blocks=True)
    error_answer(version=version, reader=lead, content_hash=key, reason="plain", words="A plan, plainly.", blocks=True)
    error_answer(version=version, reader=lead, content_hash=key, reason="borderline")
    assert list(opening.answers.values_list("reason", "blocks")) == [("plain", True), ("borderline", False)]
    shown = next(error for error in with_readings(version, wrong_decisions(version)) if error.content_hash == key)
    assert [(reading.reader, reading.answer.reason) for reading in shown.readings] == [(lead, "borderline")]
    assert shown.is_answered and not shown.blocks and shown.record is not None


def test_who_does_not_judge_opens_nothing_and_what_was_decided_rightly_is_not_there(staged: Staged) -> None:
    key = misses(staged)[0]
    with pytest.raises(PermissionDenied):
        error_open(version=staged.version, reader=staged.trainer, content_hash=key)
    with pytest.raises(Http404):
        error_open(version=staged.version, reader=staged.world.outsider("qa"), content_hash=key)
    with pytest.raises(Refused, match="decided rightly"):
        error_open(version=staged.version, reader=staged.lead, content_hash="sha256:" + "0" * 64)
    assert not ErrorOpening.objects.exists()


def test_without_predictions_every_miss_that_the_evaluation_names_is_unread(staged: Staged) -> None:
    named = len(misses(staged))
    get_store().delete(f"{staged.version.evidence_prefix}{PREDICTIONS}")
    assert unread_misses(staged.version, staged.lead) == named
    staged.version.evaluations.all().delete()
    assert unread_misses(staged.version, staged.lead) == 0


def test_an_opening_can_neither_be_changed_nor_removed_not_even_by_sql(staged: Staged) -> None:
    opening = error_open(version=staged.version, reader=staged.lead, content_hash=misses(staged)[0])
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM review_erroropening WHERE id = %s", [opening.pk])
