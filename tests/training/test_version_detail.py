"""Pages of versions and the model card."""

import pytest
from django.urls import reverse

from tests.personas import World
from tests.trained import Trained, register_trained
from training_app.cards import card_of
from training_app.learn.cards import PLOTS
from training_app.models import Evaluation, ModelVersion

pytestmark = pytest.mark.training


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def test_version_pages_show_figures_and_lineage(world: World, version: ModelVersion) -> None:
    client = world.client("ml_engineer")
    assert "1.0.0" in client.get(reverse("training:versions")).content.decode()
    page = client.get(version.get_absolute_url()).content.decode()
    for expected in (
        "Sensitivity",
        "one-sided 95% bound",
        version.bundle_sha256,
        "Missed crises",
        "opened",
        "synthetic",
    ):
        assert expected in page
    for entry in version.files.values():
        assert entry["sha256"] in page
    run_page = client.get(version.run.get_absolute_url()).content.decode()
    assert "Registered as" in run_page


def test_charts_are_svg(world: World, version: ModelVersion) -> None:
    client = world.client("ml_engineer")
    urls = [reverse("training:version_plot", args=[version.pk, name]) for name in PLOTS]
    urls += [reverse("training:run_chart", args=[version.run_id, name]) for name in ("loss", "f1")]
    for url in urls:
        response = client.get(url)
        assert response.headers["Content-Type"] == "image/svg+xml"
        assert b"<svg" in response.content
        assert b"<script" not in response.content


@pytest.mark.parametrize("name", ["version_detail", "version_card", "version_errors"])
def test_version_pages_by_persona(world: World, version: ModelVersion, name: str) -> None:
    url = reverse(f"training:{name}", args=[version.pk])
    assert world.client("clinical_lead").get(url).status_code == 200
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("ml_engineer").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302


def test_an_evaluation_of_the_first_format_is_still_shown(world: World, version: ModelVersion) -> None:
    evaluation = Evaluation.objects.get()
    new = ("absent", "curves", "prevalence", "missed_count", "over_escalated_count", "against_production")
    metrics = {key: value for key, value in evaluation.metrics.items() if key not in new}
    metrics["metrics"] = {
        key: {name: part for name, part in value.items() if name != "n_needed"}
        for key, value in metrics["metrics"].items()
        if key in ("sensitivity", "specificity", "false_positive_rate", "macro_f1", "auc", "ece", "severity_mae")
    }
    metrics["per_type"] = [
        {key: value for key, value in row.items() if not key.endswith("_interval")} for row in metrics["per_type"]
    ]
    Evaluation.objects.filter(pk=evaluation.pk).update(
        metrics=metrics | {"format": "pixelhub.evaluation/1", "ppv_at_1_percent": 0.2}
    )
    page = world.client("pm").get(version.get_absolute_url()).content.decode()
    assert "Where crises are rare" in page, "it follows from the two rates"
    assert "over-escalation" not in page, "nobody counted them then"
    fresh = ModelVersion.objects.get(pk=version.pk)
    for style in ("hf", "chai"):
        card = card_of(fresh, fresh.evaluations.get(), style=style)
        assert "plots/roc.svg" not in card and "prevalence of 1%" in card
    pair = f"?a={version.pk}&b={version.pk}"
    assert world.client("pm").get(reverse("training:version_compare") + pair).status_code == 200


def test_a_reader_chooses_the_prevalence(world: World, version: ModelVersion) -> None:
    client = world.client("pm")
    page = client.get(version.get_absolute_url(), {"prevalence": "2.5"}).content.decode()
    assert "2.5% (yours)" in page
    assert "yours" not in client.get(version.get_absolute_url(), {"prevalence": "x"}).content.decode()


def test_missed_crises_are_listed_by_hash(world: World, version: ModelVersion) -> None:
    evaluation = Evaluation.objects.get()
    missed = {
        "record_id": "r77",
        "content_hash": "sha256:" + "ab" * 32,
        "crisis_type": "panic",
        "severity": 3,
        "score": 0.01,
    }
    Evaluation.objects.filter(pk=evaluation.pk).update(
        metrics=evaluation.metrics | {"missed": [missed] * 12, "missed_count": 12}
    )
    page = world.client("pm").get(version.get_absolute_url()).content.decode()
    section = page.split('id="missed-heading"')[1].split("</section>")[0]
    assert missed["content_hash"] in section and "the first 10 of them" in section
    assert reverse("training:version_errors", args=[version.pk]) in section
