"""Scores of a release in the hub: made by a job, shown as estimates, taken by the QA report, searched by record."""

import json
from typing import Any

import pytest
from django.urls import reverse

from datasets_app.corpus.enrichment.bulk import DOCUMENT, SCORES
from datasets_app.models import Enrichment, Record, RecordScores, Release
from datasets_app.services import enrichment
from datasets_app.services.enrichment import enrichment_start
from datasets_app.services.errors import EnrichmentRefused
from pixelhub.audit.models import AuditEvent
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, published, synthetic
from tests.personas import World


def body(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return " ".join(response.content.decode().split())


@pytest.fixture
def release(world: World) -> Release:
    synthetic(world.project, 60)
    published(world.project)
    return compiled(world.project)


@pytest.fixture
def scored(world: World, release: Release) -> Enrichment:
    run = enrichment_start(release=release, actor=world.user("data_engineer"))
    run_inline(run.job)
    run.refresh_from_db()
    return run


def address(name: str, release: Release, *more: str) -> str:
    return reverse(f"datasets:{name}", args=[release.pk, *more])


def test_the_engineer_has_a_release_scored_from_its_page_and_others_read_it(world: World, release: Release) -> None:
    engineer, page = world.client("data_engineer"), address("release_scores", release)
    assert "Not scored yet" in body(engineer.get(page)) and "Score this release" in body(engineer.get(page))
    assert "Score this release" not in body(world.client("pm").get(page))
    assert world.client("pm").post(address("release_enrich", release)).status_code == 403
    assert not Enrichment.objects.exists()
    assert engineer.post(address("release_enrich", release)).url == page
    waiting = body(engineer.get(page))
    assert "Being scored" in waiting and 'hx-trigger="live"' in waiting
    again = engineer.post(address("release_enrich", release), follow=True)
    assert any("being scored already" in str(message) for message in again.context["messages"])
    run_inline(Job.objects.get(kind="release.enrich"))
    shown = body(world.client("pm").get(page))
    for piece in (
        "estimated by rules",
        "Freedom from bias",
        "≥ 0.6",
        "≥ 0.8",
        "Effectiveness",
        "60 records",
        "Sadness",
    ):
        assert piece in shown, piece
    assert 'hx-trigger="live"' not in shown and "Score again" in body(engineer.get(page))
    said = [turn["content"] for row in Record.objects.all() for turn in row.messages if len(turn["content"]) > 25]
    lines = b"".join(world.client("pm").get(address("release_scores_file", release, SCORES)).streaming_content).decode()
    assert said and not any(text in shown or text in lines for text in said)
    actions = list(AuditEvent.objects.filter(action__startswith="release.enrich").values_list("action", flat=True))
    assert sorted(actions) == ["release.enrich", "release.enriched"]
    for chart, expected in (("emotions", "Sadness"), ("scores", "Freedom from bias")):
        drawn = world.client("qa").get(address("release_scores_chart", release, chart))
        assert drawn["Content-Type"] == "image/svg+xml" and expected in drawn.content.decode()
    addresses = {"release_scores": [], "release_scores_chart": ["emotions"], "release_scores_file": [SCORES]}
    for name, more in addresses.items():
        assert world.outsider_client("data_engineer").get(address(name, release, *more)).status_code == 404
        assert world.client("annotator").get(address(name, release, *more)).status_code == 403
    assert world.outsider_client("data_engineer").post(address("release_enrich", release)).status_code == 404
    for wrong in (address("release_scores_chart", release, "secrets"), address("release_scores_file", release, "x")):
        assert engineer.get(wrong).status_code == 404


def test_the_qa_report_takes_the_figures_of_all_conversations(
    world: World, scored: Enrichment, release: Release
) -> None:
    shown = body(world.client("pm").get(address("release_quality", release)))
    assert "of all 60 conversations" in shown and "enrichment:" in shown
    drawn = world.client("pm").get(address("release_chart", release, "quality") + f"?run={scored.pk}")
    assert "Empathy" in drawn.content.decode()
    stored = json.loads(get_store().read(scored.object_prefix + DOCUMENT))
    assert stored == scored.document and stored["manifest_sha256"] == release.manifest_sha256
    assert stored["report"]["records"] == 60 == scored.matched
    assert len(get_store().read(scored.object_prefix + SCORES).splitlines()) == 60


def test_records_are_found_by_their_scores_while_their_words_are_the_same(world: World, scored: Enrichment) -> None:
    rows = RecordScores.objects.select_related("record")
    lowest, other = rows.order_by("valence", "pk")[:2]
    bound = sorted(rows.exclude(coherence=None).values_list("coherence", flat=True))[10]
    client, page = world.client("qa"), reverse("datasets:record_list")

    def found(**asked: object) -> set[int]:
        return {record.pk for record in client.get(page, asked).context["page"].paginator.object_list}

    assert found(emotion=lowest.emotion) == set(rows.filter(emotion=lowest.emotion).values_list("record", flat=True))
    assert found(valence=-0.2) == set(rows.filter(valence__lte=-0.2).values_list("record", flat=True))
    below = set(rows.filter(coherence__lt=bound).values_list("record", flat=True))
    assert found(score="coherence", below=bound) == below
    assert found(score="coherence", below=bound, emotion=lowest.emotion) == below & found(emotion=lowest.emotion)
    everything = found()
    for nonsense in ({"valence": "nan"}, {"valence": "9"}, {"emotion": "x' or 1=1"}, {"score": "pk", "below": "1"}):
        assert found(**nonsense) == everything
    shown = body(client.get(page, {"emotion": lowest.emotion, "score": "safety", "below": 1}))
    assert "Valence" in shown and "Safety" in shown
    detail = reverse("datasets:record_detail", args=[lowest.record_id])
    assert "Estimated by rules" in body(client.get(detail))
    Record.objects.filter(pk=lowest.record_id).update(content_hash=f"sha256:{'0' * 64}")
    assert lowest.record_id not in found(valence=lowest.valence) and other.record_id in found(valence=other.valence)
    assert "Not scored yet" in body(client.get(detail))


def test_a_second_run_writes_over_the_first_and_a_failure_is_told(
    world: World, scored: Enrichment, release: Release, settings: Any, tmp_path: Any
) -> None:
    settings.ENRICHMENT_HEADS = str(tmp_path)
    refused = enrichment_start(release=release, actor=None)
    run_inline(refused.job)
    refused.refresh_from_db()
    assert refused.shown_state == "failed" and "ENRICHMENT_HEADS" in refused.error
    shown = body(world.client("pm").get(address("release_scores", release)))
    assert "did not finish" in shown and "Against the targets" in shown, "the scores before it stay"
    settings.ENRICHMENT_HEADS = ""
    again = enrichment_start(release=release, actor=None)
    run_inline(again.job)
    again.refresh_from_db()
    assert again.document == scored.document and again.object_prefix == scored.object_prefix
    assert RecordScores.objects.count() == 60 == RecordScores.objects.filter(enrichment=again).count()
    Release.objects.filter(pk=release.pk).update(state="failed")
    release.refresh_from_db()
    with pytest.raises(EnrichmentRefused, match="published"):
        enrichment_start(release=release, actor=None)


def test_a_worker_that_dies_while_noting_scores_is_followed_by_one_that_goes_on(
    world: World, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[int] = []
    rows_of = enrichment._score_rows

    def dies_once(run: Enrichment, chunk: list[dict[str, Any]]) -> Any:
        noted.append(len(chunk))
        if len(noted) == 2:
            raise RuntimeError("the worker dies here")
        return rows_of(run, chunk)

    monkeypatch.setattr(enrichment, "_CHUNK", 25)
    monkeypatch.setattr(enrichment, "_score_rows", dies_once)
    run = enrichment_start(release=release, actor=None)
    assert run.job is not None
    run_inline(run.job)
    run.job.refresh_from_db()
    run.refresh_from_db()
    assert (
        (run.job.state, run.state, run.matched) == ("succeeded", "done", 60)
        and run.job.attempts == 2
        and noted == [25, 25, 25, 10]
    )
    assert RecordScores.objects.count() == 60
