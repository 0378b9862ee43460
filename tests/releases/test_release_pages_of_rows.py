"""A release's rows are read in pages, which lose and double nothing; no cursor is open while a step writes."""

from __future__ import annotations

from typing import Any

import pytest

from datasets_app.models import Record, Release
from datasets_app.services import release_lines
from tests.datasets.making import published, synthetic
from tests.personas import World


@pytest.mark.parametrize("kind", [Release.Kind.LABELS, Release.Kind.CORPUS])
def test_pages_lose_and_double_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, kind: str
) -> None:
    synthetic(world.project, count=13)
    records = list(Record.objects.filter(project=world.project).order_by("pk"))
    first, second = published(world.project, records), published(world.project, records[4:9])
    release = Release.objects.create(project=world.project, version="r", kind=kind, object_prefix="releases/r/")
    release.snapshots.set([first, second])
    whole = [(row.pk, label and label.snapshot_id) for row, label in release_lines._rows(release)]
    expected = [(row.pk, (second if 4 <= at < 9 else first).pk) for at, row in enumerate(records)]
    assert whole == (expected if kind == Release.Kind.LABELS else [(row.pk, None) for row in records])
    monkeypatch.setattr(release_lines, "_FETCH", 3)
    with django_assert_num_queries(6 if kind == Release.Kind.CORPUS else 11):
        assert [(row.pk, label and label.snapshot_id) for row, label in release_lines._rows(release)] == whole
