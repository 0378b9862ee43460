"""Pages of a release for three personas: overview with plots and linked gates, quality, comparison, export."""

import json
import re
from typing import Any

import pytest
from django.urls import reverse

from datasets_app.models import Record, Release
from datasets_app.services import ReleaseChoices, release_create
from pixelhub.jobs.models import Job
from pixelhub.jobs.runner import run_inline
from pixelhub.objects import get_store
from tests.datasets.making import compiled, published, synthetic
from tests.personas import World

HUGE = "9" * 30


def body(response: Any) -> str:
    return response.content.decode()


def page(world: World, name: str, release: Release, role: str = "data_engineer", query: str = "", *more: Any) -> str:
    response = world.client(role).get(reverse(f"datasets:{name}", args=[release.pk, *more]) + query)
    assert response.status_code == 200, response.status_code
    return body(response)


@pytest.fixture
def release(world: World) -> Release:
    synthetic(world.project, 60)
    published(world.project)
    return compiled(world.project)


@pytest.fixture
def later(world: World, release: Release) -> Release:
    """Another seed and no parent: some of what was trained on is tested now."""
    return compiled(world.project, "2.0.0", seed=11)


def test_overview_shows_all_gates_with_links_to_the_offending_records(world: World, release: Release) -> None:
    record = Record.objects.filter(project=world.project)[7]
    offending = {"gate": "leakage", "required": True, "passed": False, "figures": {"duplicates": 1},
                 "offending": [record.content_hash, f"sha256:{'0' * 32} ~ {record.content_hash[:39]}"]}  # fmt: skip
    Release.objects.filter(pk=release.pk).update(
        gates=[offending if gate["gate"] == "leakage" else gate for gate in release.gates]
    )
    shown = page(world, "release_detail", release)
    for title in ("Coverage", "Leakage", "Distribution", "PII", "Provenance", "Hash", "Split", "Stats", "Edge cases"):
        assert re.search(rf'<th scope="row">{title}', shown), title
    assert shown.count(reverse("datasets:record_detail", args=[record.pk])) == 2
    assert f">sha256:{'0' * 12} ~ <a" in shown, "an unknown record has no link"


@pytest.mark.parametrize("chart", ["types", "sources", "families", "quality"])
def test_plots_are_svg_without_scripts(world: World, release: Release, chart: str) -> None:
    response = world.client("pm").get(reverse("datasets:release_chart", args=[release.pk, chart]))
    assert response["Content-Type"] == "image/svg+xml" and "max-age" in response["Cache-Control"]
    drawn = body(response)
    assert drawn.startswith("<svg") and "<script" not in drawn
    expected = {"types": "Psychotic", "sources": "Synthetic", "families": "Sarcasm", "quality": "Empathy"}[chart]
    assert expected in drawn


def test_unknown_plots_are_not_found(world: World, release: Release) -> None:
    assert world.client("pm").get(reverse("datasets:release_chart", args=[release.pk, "secrets"])).status_code == 404
    draft = release_create(project=world.project, version="3.0.0", seed=0, actor=None)
    for name, more in (("release_chart", ["types"]), ("release_quality", [])):
        url = reverse(f"datasets:{name}", args=[draft.pk, *more])
        assert world.client("data_engineer").get(url).status_code == 404


def test_quality_page_says_method_interval_target_and_what_to_look_at(world: World, release: Release) -> None:
    record = Record.objects.filter(project=world.project)[3]
    quality = json.loads(json.dumps(release.quality))
    flagged = next(metric for metric in quality["metrics"] if metric["name"] == "unresolved_crisis")
    flagged |= {"flagged": 1, "examples": [record.content_hash]}
    Release.objects.filter(pk=release.pk).update(quality=quality)
    shown = page(world, "release_quality", release, "pm")
    for piece in ("Therapeutic appropriateness", "lexical proxy", "≥ 0.7", "≤ 0.005", "60 of 60 conversations"):
        assert piece in shown, piece
    assert reverse("datasets:record_detail", args=[record.pk]) in shown
    said = [turn["content"] for row in Record.objects.all() for turn in row.messages if len(turn["content"]) > 25]
    assert said and not any(text in shown for text in said)


def test_two_releases_are_compared_by_a_job_and_shown(world: World, release: Release, later: Release) -> None:
    client = world.client("ml_engineer")
    url = reverse("datasets:release_compare", args=[later.pk])
    assert "1.0.0 (60 records)" in body(client.get(url))
    response = client.post(url, {"with": release.pk})
    assert response.url == f"{url}?with={release.pk}"
    waiting = body(client.get(response.url))
    assert 'hx-trigger="live"' in waiting
    job = Job.objects.get(kind="release.compare")
    assert client.post(url, {"with": release.pk}).url == response.url and Job.objects.count() == 4
    run_inline(job)
    shown = " ".join(body(client.get(response.url)).split())
    assert "<b>Contamination.</b>" in shown and "Moved to another split" in shown
    assert 'hx-trigger="live"' not in shown
    assert re.search(r"train → test <b>\d", shown)
    itself = body(client.get(f"{reverse('datasets:release_compare', args=[release.pk])}?with={later.pk}"))
    assert "Contamination" not in itself, "nobody has asked for the other direction yet"


def test_a_clean_comparison_says_so(world: World, release: Release) -> None:
    child = release_create(
        project=world.project, version="1.1.0", actor=None, choices=ReleaseChoices(seed=5, parent=release)
    )
    run_inline(child.job)
    client = world.client("qa")
    url = reverse("datasets:release_compare", args=[child.pk])
    client.post(url, {"with": release.pk})
    run_inline(Job.objects.get(kind="release.compare"))
    assert "No conversation of this test split was in the train" in body(client.get(f"{url}?with={release.pk}"))


@pytest.mark.parametrize("wrong", ["0", "x", "-1", HUGE, "\u0663", "1e3"])
def test_a_wrong_id_to_compare_with_is_not_found(world: World, release: Release, wrong: str) -> None:
    url = reverse("datasets:release_compare", args=[release.pk])
    client = world.client("data_engineer")
    assert client.get(url, {"with": wrong}).status_code == 404
    assert client.post(url, {"with": wrong}).status_code == 404


def test_nothing_chosen_or_itself_is_refused_with_a_message(world: World, release: Release) -> None:
    url = reverse("datasets:release_compare", args=[release.pk])
    client = world.client("data_engineer")
    for given in ({}, {"with": release.pk}):
        response = client.post(url, given, follow=True)
        assert any("compare" in str(message) for message in response.context["messages"])
    assert not Job.objects.filter(kind="release.compare").exists()


def test_outsiders_see_none_of_it_and_do_not_get_a_release_as_the_other_one(world: World, release: Release) -> None:
    for name, more in (("release_quality", []), ("release_compare", []), ("release_chart", ["types"])):
        url = reverse(f"datasets:{name}", args=[release.pk, *more])
        assert world.outsider_client("data_engineer").get(url).status_code == 404
        assert world.client("annotator").get(url).status_code == 403
    synthetic(world.other_project, 20)
    published(world.other_project)
    theirs = compiled(world.other_project)
    url = reverse("datasets:release_compare", args=[release.pk])
    assert world.client("data_engineer").get(url, {"with": theirs.pk}).status_code == 404
    assert theirs.version + " (" not in body(world.client("data_engineer").get(url))


def test_export_is_for_the_data_engineer_and_happens_once(world: World, release: Release) -> None:
    url = reverse("datasets:release_export", args=[release.pk])
    assert world.client("pm").post(url).status_code == 403
    assert world.outsider_client("data_engineer").post(url).status_code == 404
    client = world.client("data_engineer")
    assert "Export this release?" in page(world, "release_detail", release)
    assert "Export this release?" not in page(world, "release_detail", release, "pm")
    response = client.post(url)
    job = Job.objects.get(kind="release.export")
    assert response.url == reverse("jobs:detail", args=[job.pk])
    run_inline(job)
    assert get_store().exists("exports/releases/v1.0.0/manifest.json")
    shown = page(world, "release_detail", release)
    assert "exports/releases/v1.0.0/" in shown and "Export this release?" not in shown
    assert "exported already" in body(client.post(url, follow=True))


def test_the_form_offers_the_latest_release_as_parent_and_passes_the_choices_on(world: World, release: Release) -> None:
    client = world.client("data_engineer")
    url = reverse("datasets:release_create")
    form = body(client.get(url))
    assert f'<option value="{release.pk}" selected>' in form
    assert "60 of 60" in " ".join(form.split())
    sent = {"version": "2.0.0", "kind": "corpus", "parent": release.pk, "holdout_families": ["sarcasm", "cptsd"],
            "near_duplicates": "drop", "seed": 7}  # fmt: skip
    client.post(url, sent)
    made = Release.objects.get(version="2.0.0")
    assert (made.kind, made.parent, made.params["near_duplicates"]) == ("corpus", release, "drop")
    assert made.params["holdout_families"] == ["cptsd", "sarcasm"]
    for wrong in ({"kind": "foreign"}, {"parent": HUGE}, {"holdout_families": ["x"]}, {"near_duplicates": "y"}):
        assert client.post(url, sent | {"version": "2.0.1"} | wrong).status_code == 422
    assert Release.objects.count() == 2
