"""The errors of a version: every miss and every over-escalation, words for readers alone."""

import json
from typing import Any

import pytest
from django.urls import reverse

from datasets_app.models import Record
from pixelhub.audit.models import AuditEvent
from pixelhub.objects import get_store
from tests.personas import World
from tests.review.staged import Staged, stage_version
from training_app.selectors_registry import errors_of
from training_app.stored import PREDICTIONS


@pytest.fixture
def staged(world: World) -> Staged:
    """Forty conversations, all decided rightly but for six misses and thirty over-escalations."""
    staged = stage_version(world, count=60)
    rows = [row(record, number) for number, record in enumerate(Record.objects.order_by("pk"))]
    key = f"{staged.version.evidence_prefix}{PREDICTIONS}"
    get_store().delete(key)
    get_store().put(key, "".join(json.dumps(one) + "\n" for one in rows).encode())
    return staged


def row(record: Record, number: int) -> dict[str, Any]:
    missed, over = number < 6, 6 <= number < 36
    return {
        "content_hash": record.content_hash,
        "record_id": record.external_id,
        "true_type": "panic" if missed else "none",
        "true_severity": number % 5 + 1 if missed else None,
        "predicted_type": "self_harm" if over else "none",
        "severity": 3,
        "score": 0.2 + number / 100 if missed else 0.6 + number / 100 if over else 0.1,
        "probabilities": {},
        "slices": {"source": "synthetic", "edge_case": "yes" if number % 2 else "no"},
    }


def page_of(world: World, staged: Staged, role: str = "pm", **query: Any) -> str:
    url = reverse("training:version_errors", args=[staged.version.pk])
    response = world.client(role).get(url, query)
    assert response.status_code == 200
    return response.content.decode()


def test_every_error_is_listed_the_gravest_first_and_by_pages(world: World, staged: Staged) -> None:
    found = errors_of(staged.version)
    assert (found.missed, found.over, len(found.rows)) == (6, 30, 36)
    assert [error.severity for error in found.rows[:6]] == [5, 4, 3, 2, 1, 1]
    assert found.rows[6].score == max(error.score for error in found.rows), "then the loudest alarm"
    page = page_of(world, staged)
    assert "6 missed, 30 over-escalated" in page and "1–25 of 36" in page
    assert page.count('<th scope="row">') == 25
    assert page_of(world, staged, page=2).count('<th scope="row">') == 11


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"kind": "missed"}, 6),
        ({"kind": "over", "lowest": "0.895"}, 6),
        ({"crisis_type": "panic"}, 6),
        ({"crisis_type": "self_harm", "slice": "edge_case=yes"}, 15),
        ({"severity": "1"}, 2),
        ({"kind": "missed", "slice": "edge_case=no", "highest": "0.22"}, 2),
        ({"crisis_type": "psychotic"}, 0),
    ],
)
def test_errors_are_filtered(world: World, staged: Staged, query: dict[str, str], count: int) -> None:
    page = page_of(world, staged, **query)
    assert page.count('<th scope="row">') == count
    assert ("No error matches this filter" in page) == (count == 0)


def test_words_are_for_readers_and_their_reading_is_kept(world: World, staged: Staged) -> None:
    words = "conversation 1-0"
    gravest = errors_of(staged.version).rows[0].content_hash
    record = reverse("datasets:record_detail", args=[Record.objects.get(content_hash=gravest).pk])
    page = page_of(world, staged)
    assert words not in page and record not in page
    assert not AuditEvent.objects.filter(action="rawtext.read").exists()
    page = page_of(world, staged, role="clinical_lead", kind="missed")
    assert words in page and record in page
    event = AuditEvent.objects.get(action="rawtext.read")
    assert json.loads(event.payload_json) == {"errors": 6}
    assert (event.target_type, event.target_id) == ("training_app.ModelVersion", str(staged.version.pk))


def test_errors_by_persona_and_with_a_bad_filter(world: World, staged: Staged) -> None:
    url = reverse("training:version_errors", args=[staged.version.pk])
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("clinical_lead").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302
    bad = world.client("pm").get(url, {"severity": "9", "slice": "x=y", "lowest": "nan"})
    assert (bad.status_code, bad.content.decode().count('<th scope="row">')) == (400, 25)
    staged.version.evaluations.all().delete()
    get_store().delete(f"{staged.version.evidence_prefix}{PREDICTIONS}")
    assert "Not evaluated yet" in page_of(world, staged)
