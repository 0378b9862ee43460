"""Pages of versions and the model card."""

import pytest
from django.urls import reverse

from tests.personas import World
from tests.trained import Trained, register_trained
from training_app.cards import card_html
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
    urls = [reverse("training:version_reliability", args=[version.pk])]
    urls += [reverse("training:run_chart", args=[version.run_id, name]) for name in ("loss", "f1")]
    for url in urls:
        response = client.get(url)
        assert response.headers["Content-Type"] == "image/svg+xml"
        assert b"<svg" in response.content
        assert b"<script" not in response.content


@pytest.mark.parametrize("name", ["version_detail", "version_card", "version_reliability"])
def test_version_pages_by_persona(world: World, version: ModelVersion, name: str) -> None:
    url = reverse(f"training:{name}", args=[version.pk])
    assert world.client("clinical_lead").get(url).status_code == 200
    assert world.client("annotator").get(url).status_code == 403
    assert world.outsider_client("ml_engineer").get(url).status_code == 404
    assert world.anonymous().get(url).status_code == 302


def test_missed_crises_are_listed_by_hash(world: World, version: ModelVersion) -> None:
    evaluation = Evaluation.objects.get()
    missed = {
        "record_id": "r77",
        "content_hash": "sha256:" + "ab" * 32,
        "crisis_type": "panic",
        "severity": 3,
        "score": 0.01,
    }
    Evaluation.objects.filter(pk=evaluation.pk).update(metrics=evaluation.metrics | {"missed": [missed]})
    page = world.client("pm").get(version.get_absolute_url()).content.decode()
    assert missed["content_hash"] in page
    assert "/datasets/records/" not in page.split("Missed crises")[1].split("</section>")[0]
    assert "only for people who may read raw text" in page


def test_card_says_what_it_must(world: World, version: ModelVersion) -> None:
    client = world.client("clinical_lead")
    response = client.get(reverse("training:version_card", args=[version.pk]), {"format": "md"})
    card = response.content.decode()
    for expected in (
        "not a prediction of suicide",
        "not a medical device",
        "All conversations are synthetic",
        "simulated annotators",
        "prevalence of 1%",
        "model-index",
        version.bundle_sha256,
        "95% interval",
    ):
        assert expected in card
    page = client.get(reverse("training:version_card", args=[version.pk])).content.decode()
    assert "<h2>Limits</h2>" in page
    assert "model-index" not in page


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        '"><svg onload=alert(1)>',
    ],
)
def test_card_page_renders_names_as_text(world: World, version: ModelVersion, payload: str) -> None:
    world.project.name = payload
    world.project.save()
    page = world.client("pm").get(reverse("training:version_card", args=[version.pk])).content.decode()
    article = page.split("<article")[1].split("</article>")[0]
    assert not any(bad in article for bad in ("<script", "<img", "<svg", 'href="javascript'))
    assert "<script>" not in card_html(f"---\n---\n{payload}")
