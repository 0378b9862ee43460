"""The model card: two formats of one record, sections that people write, and what a sign-off covers."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from pixelhub.audit.models import AuditEvent
from pixelhub.canonical import sha256_hex
from pixelhub.objects import get_store
from review.frozen import card_sha256
from tests.personas import World
from tests.trained import Trained, register_trained
from training_app import services
from training_app.cards import card_html, card_of
from training_app.learn.cards.text import prose
from training_app.models import CardSection, ModelVersion, VersionState

pytestmark = pytest.mark.training
# The headings of the Applied Model Card (schema v0.2) in its order.
CHAI = (
    "Basic and release information",
    "Model summary",
    "Uses and directions",
    "Warnings",
    "Trust ingredients",
    "Key metrics",
    "Resources",
    "Bibliography",
)
# The headings of Hugging Face's template that this card fills, in its order.
HUGGING_FACE = (
    "Model Details",
    "Uses",
    "Bias, Risks, and Limitations",
    "How to Get Started with the Model",
    "Training Details",
    "Evaluation",
    "Technical Specifications",
)


@pytest.fixture
def version(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


def card_url(version: ModelVersion) -> str:
    return reverse("training:version_card", args=[version.pk])


def section_url(version: ModelVersion, name: str = "limits") -> str:
    return reverse("training:version_card_section", args=[version.pk, name])


def test_both_formats_say_what_they_must_out_of_one_record(world: World, version: ModelVersion) -> None:
    client = world.client("clinical_lead")
    for style, headings in (("hf", HUGGING_FACE), ("chai", CHAI)):
        response = client.get(card_url(version), {"format": "md", "style": style})
        card = response.content.decode()
        found = re.findall(r"^## (.+)$", card, flags=re.MULTILINE)
        assert [heading for heading in found if heading in headings] == list(headings), style
        for expected in (
            "not a prediction of suicide",
            "not a medical device",
            "All conversations are synthetic",
            "simulated annotators",
            "prevalence of 1%",
            version.bundle_sha256,
            version.release.manifest_sha256,
            "95% interval",
            "insufficient data",
            "no version was in production",
            "![ROC curve",
        ):
            assert expected in card, (style, expected)
    page = client.get(card_url(version)).content.decode()
    assert "<h3>Bias, Risks, and Limitations</h3>" in page
    assert "model-index" not in page
    plot = reverse("training:version_plot", args=[version.pk, "roc"])
    assert f'<img src="{plot}"' in page
    assert client.get(card_url(version), {"style": "pdf"}).status_code == 404


def test_hugging_face_reads_its_header(version: ModelVersion) -> None:
    from huggingface_hub import ModelCard

    card = ModelCard(card_of(version, version.evaluations.get()))
    assert card.data.library_name == "onnx"
    values = {result.metric_type: result.metric_value for result in card.data.eval_results}
    metrics = version.evaluations.get().metrics["metrics"]
    assert values == {name: metric["value"] for name, metric in metrics.items()}


def test_a_section_is_a_revision_and_changes_what_is_signed(world: World, version: ModelVersion) -> None:
    engineer, lead = world.client("ml_engineer"), world.client("clinical_lead")
    before = card_sha256(version)
    assert engineer.post(section_url(version), {"text": "Slang of 2026\n- misses irony", "seen": 0}).status_code == 302
    first = card_sha256(version)
    assert lead.post(section_url(version), {"text": "Read by the lead.", "seen": 1}).status_code == 302
    assert len({before, first, card_sha256(version)}) == 3
    assert list(CardSection.objects.values_list("revision", "text")) == [
        (2, "Read by the lead."),
        (1, "Slang of 2026\n- misses irony"),
    ]
    page = lead.get(card_url(version)).content.decode()
    assert "Read by the lead." in page and "misses irony" not in page
    history = world.client("pm").get(section_url(version)).content.decode()
    assert "misses irony" in history and "Revision 2" in history and "<textarea" not in history
    stored = get_store().read(f"{version.evidence_prefix}card.md")
    assert card_sha256(version) == sha256_hex(stored)
    assert stored.decode() == card_of(ModelVersion.objects.get(pk=version.pk), version.evaluations.get())
    payloads = [json.loads(event.payload_json) for event in AuditEvent.objects.filter(action="model_card.section")]
    assert [payload["revision"] for payload in payloads] == [1, 2]
    assert "irony" not in json.dumps(payloads)


def test_a_section_is_not_written_over_another_or_twice(world: World, version: ModelVersion) -> None:
    client = world.client("ml_engineer")
    client.post(section_url(version), {"text": "first", "seen": 0})
    for text, seen, reason in (("second", 0, "meanwhile"), ("first", 1, "the same as before"), ("x" * 8001, 1, "8000")):
        response = client.post(section_url(version), {"text": text, "seen": seen})
        assert response.status_code == 400, reason
        assert reason in response.content.decode()
    assert client.get(section_url(version, "nonsense")).status_code == 404
    assert CardSection.objects.count() == 1
    with pytest.raises(services.SectionRefused, match="cannot be stored"):
        services.card_section_write(
            version=version, name="ethics", text="\ud800", seen=0, actor=world.user("ml_engineer")
        )


def test_the_signed_card_stays_as_it_is(world: World, version: ModelVersion) -> None:
    engineer = world.user("ml_engineer")
    ModelVersion.objects.filter(pk=version.pk).update(state=VersionState.APPROVED)
    signed = card_sha256(version)
    response = world.client("ml_engineer").post(section_url(version), {"text": "late", "seen": 0})
    assert (response.status_code, "part of what was signed" in response.content.decode()) == (400, True)
    version.refresh_from_db()
    metrics = version.evaluations.get().metrics | {
        "label_kind": "weak",
        "file": {"sha256": "a" * 64, "unreadable": 0, "reasons": {}, "copies": 0, "overlap": 3},
        "apart": [],
    }
    services.file_evaluation_record(version=version, name="late.jsonl", metrics=metrics, actor=engineer)
    assert card_sha256(version) == signed
    assert "late.jsonl" not in world.client("pm").get(card_url(version)).content.decode()
    assert "late.jsonl" in world.client("pm").get(version.get_absolute_url()).content.decode()
    with pytest.raises(PermissionDenied):
        services.card_section_write(version=version, name="limits", text="x", seen=0, actor=world.user("qa"))


def test_sections_by_persona(world: World, version: ModelVersion) -> None:
    assert world.client("pm").post(section_url(version), {"text": "x", "seen": 0}).status_code == 403
    assert world.client("annotator").get(section_url(version)).status_code == 403
    assert world.outsider_client("ml_engineer").post(section_url(version), {"text": "x", "seen": 0}).status_code == 404
    assert world.anonymous().get(section_url(version)).status_code == 302
    assert not CardSection.objects.exists()


def test_rows_of_the_registry_cannot_be_altered(version: ModelVersion, world: World) -> None:
    section = services.card_section_write(
        version=version, name="ethics", text="kept", seen=0, actor=world.user("ml_engineer")
    )
    for act in (
        lambda: CardSection.objects.filter(pk=section.pk).update(text="other"),
        lambda: CardSection.objects.filter(pk=section.pk).delete(),
        lambda: version.transitions.update(after="retired"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()


def test_the_command_writes_the_card_with_its_plots(version: ModelVersion, tmp_path: Path) -> None:
    out = StringIO()
    call_command("model_card", "latest", "--format", "chai", "--out", str(tmp_path / "card.md"), stdout=out)
    card = (tmp_path / "card.md").read_text()
    assert card.startswith("# Applied model card")
    for name in re.findall(r"\(plots/(\w+)\.svg\)", card):
        assert (tmp_path / "plots" / f"{name}.svg").read_text().startswith("<svg")
    call_command("model_card", "--model", "v1.0.0", "--project", "alpha", stdout=out)
    assert "library_name" in out.getvalue()


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "![a](https://example.com/x.png)",
        '"><svg onload=alert(1)>',
        "---\n# heading\n1. one\n> quote",
    ],
)
def test_names_and_sections_are_text_and_never_markup(world: World, version: ModelVersion, payload: str) -> None:
    world.project.name = payload
    world.project.save()
    ModelVersion.objects.get(pk=version.pk).project.refresh_from_db()
    for name in CardSection.Name.values:
        services.card_section_write(
            version=ModelVersion.objects.get(pk=version.pk), name=name, text=payload, seen=0, actor=version.trainer
        )
    for style in ("hf", "chai"):
        page = world.client("pm").get(card_url(version), {"style": style}).content.decode()
        article = page.split("<article")[1].split("</article>")[0]
        assert not any(
            bad in article for bad in ("<script", "<svg", 'href="javascript', "onerror=alert(1)>", 'example.com/x.png"')
        )
        assert [src for src in re.findall(r'<img src="([^"]+)"', article) if not src.startswith("/training/")] == []
        assert "heading</h2>" not in article and "<blockquote" not in article and "<hr" not in article
    assert "<script>" not in card_html(f"---\n---\n{payload}")


def test_prose_keeps_paragraphs_and_lists_alone() -> None:
    html = card_html(prose("One *two*.\n\n- first\n- second\n\n2026. was a year\n= 3"))
    assert "<li>first</li>" in html and "*two*" in html
    assert "<ol" not in html and "<em>" not in html and "<h1" not in html
