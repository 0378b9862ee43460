"""The form of a run: each method with its fields and preset, a configuration in and out, a clone."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from datasets_app.models import Release
from tests.personas import World
from tests.trained import store_release
from tests.training.releases import simple_conversations, write_labelled_release
from tests.training.test_run_create import VALID
from training_app import estimates, services
from training_app.form_fields import METHOD_LABELS
from training_app.learn.config import config_as_dict, config_from
from training_app.learn.presets import preset
from training_app.models import TrainingRun

CREATE = "training:run_create"


@pytest.fixture
def release(world: World, tmp_path: Path) -> Release:
    write_labelled_release(tmp_path / "release", simple_conversations(70))
    return store_release(world.project, tmp_path / "release")


@pytest.fixture
def client(world: World) -> Client:
    return world.client("ml_engineer")


@pytest.fixture
def model_folder(tmp_path: Path, settings: Any) -> Path:
    """A folder that the operator allows, with one model in it."""
    folder = tmp_path / "models" / "tiny-mistral"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    settings.PIXELHUB_MODEL_DIRS = [str(folder.parent)]
    return folder.resolve()


BELONGS = {
    "top_layers": ("top_layers",),
    "adapter_rank": ("lora", "qlora"),
    "gradient_checkpointing": ("top_layers", "full", "lora", "qlora", "frozen"),
    "epochs": tuple(METHOD_LABELS),
}


@pytest.mark.parametrize("method", METHOD_LABELS)
def test_a_method_shows_its_fields_and_its_preset_and_starts_as_shown(
    client: Client, release: Release, method: str
) -> None:
    page = client.get(reverse(CREATE), {"method": method, "name": "kept"})
    form = page.context["form"]
    for name, methods in BELONGS.items():
        assert (name in form.fields) == (method in methods), name
    wanted = preset(method)
    assert form.initial["learning_rate"] == wanted.optimisation.learning_rate
    assert b'value="kept"' in page.content
    shown = {field.name: field.value() for section in form.sections for field in section.fields}
    posted = {name: value for name, value in shown.items() if value not in (None, "", False)}
    client.post(reverse(CREATE), posted | {"method": method, "release": release.pk})
    assert config_from(TrainingRun.objects.get().config) == wanted


def test_a_backbone_is_one_that_the_operator_allows(
    client: Client, world: World, release: Release, model_folder: Path, tmp_path: Path
) -> None:
    sent = VALID | {"method": "lora", "release": release.pk, "adapter_rank": 4}
    assert client.post(reverse(CREATE), sent | {"backbone": str(tmp_path)}).status_code == 400
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (model_folder.parent / "link").symlink_to(outside)
    (outside / "config.json").write_text("{}")
    (outside / "x.safetensors").write_bytes(b"")
    assert client.post(reverse(CREATE), sent | {"backbone": str(model_folder.parent / "link")}).status_code == 400
    refused = preset("lora")
    config = config_as_dict(refused)
    config["model"]["backbone"] = str(outside)
    with pytest.raises(services.RunRefused, match="PIXELHUB_MODEL_DIRS"):
        services.run_start(project=world.project, release=release, config=config, actor=world.user("ml_engineer"))
    assert client.post(reverse(CREATE), sent | {"backbone": str(model_folder)}).status_code == 302
    model = TrainingRun.objects.get().config["model"]
    assert (model["backbone"], model["adapter"]["rank"], model["method"]) == (str(model_folder), 4, "lora")


def test_a_downloaded_configuration_fills_the_form_and_starts_the_same_run(client: Client, release: Release) -> None:
    client.post(reverse(CREATE), VALID | {"release": release.pk, "gamma": 1.5, "patience": 3})
    first = TrainingRun.objects.get()
    downloaded = client.get(reverse("training:run_config", args=[first.pk]))
    assert downloaded.headers["Content-Disposition"] == f'attachment; filename="run-{first.pk}.json"'
    config = json.loads(downloaded.content)
    config["loss"]["alpha"] = [1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 0.5]
    config["output"] = {"release_dir": "/somewhere", "out_dir": "/else"}
    for given in (
        {"text": json.dumps(config)},
        {"file": SimpleUploadedFile("run.json", json.dumps(config).encode())},
    ):
        page = client.post(reverse("training:run_load"), given)
        assert page.status_code == 200
        form = page.context["form"]
        shown = {field.name: field.value() for section in form.sections for field in section.fields}
        posted = {name: value for name, value in shown.items() if value not in (None, "", False)}
        base = {"base": form["base"].value(), "method": form.method, "release": release.pk}
        client.post(reverse(CREATE), posted | base)
        run = TrainingRun.objects.first()
        assert run is not None
        assert run.config == config | {"output": first.config["output"]}
    assert TrainingRun.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Paste a configuration"),
        ({"text": "{"}, "not valid"),
        ({"text": '{"model": {"method": "distil"}}'}, "distilled from a version"),
        ({"text": '{"data": {"max_length": 9999}}'}, "max_length"),
        ({"file": SimpleUploadedFile("big.json", b" " * 70_000)}, "64 KB"),
    ],
)
def test_a_configuration_that_is_none_says_why(
    client: Client, release: Release, given: dict[str, Any], reason: str
) -> None:
    answer = client.post(reverse("training:run_load"), given)
    assert answer.status_code == 400
    assert reason in answer.content.decode()


def test_a_clone_starts_from_the_run_and_remembers_it(client: Client, world: World, release: Release) -> None:
    client.post(reverse(CREATE), VALID | {"release": release.pk, "name": "first", "hidden_size": 64})
    first = TrainingRun.objects.get()
    page = client.get(reverse(CREATE), {"clone": first.pk})
    form = page.context["form"]
    assert form["name"].value() == "first again"
    posted = {"base": form["base"].value(), "cloned_from": first.pk, "method": "cached", "release": release.pk}
    client.post(reverse(CREATE), VALID | posted | {"epochs": 4})
    clone = TrainingRun.objects.first()
    assert clone is not None
    assert (clone.cloned_from, clone.config["optimisation"]["epochs"]) == (first, 4)
    assert clone.config["model"]["hidden_size"] == 64, "what the form left empty is as in the run"
    assert "Cloned from" in client.get(clone.get_absolute_url()).content.decode()
    assert "Cloned as" in client.get(first.get_absolute_url()).content.decode()
    assert world.outsider_client("ml_engineer").get(reverse(CREATE), {"clone": first.pk}).status_code == 404
    for wrong in ("x", "9" * 30, "-1"):
        assert client.get(reverse(CREATE), {"clone": wrong}).status_code == 200


def test_an_estimate_is_shown_before_anything_starts(
    client: Client, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def told(config: Any, *, release: Release) -> estimates.Estimate:
        asked.append((config.optimisation.epochs, release.version))
        return estimates.Estimate(rows=[("Memory", "1.2 GB")], notes=["On this machine."])

    monkeypatch.setattr("training_app.views_runs.estimate_of", told)
    url = reverse("training:run_estimate")
    whole = client.post(url, VALID | {"release": release.pk, "name": "kept"}).content.decode()
    part = client.post(url, VALID | {"release": release.pk}, headers={"HX-Request": "true"}).content.decode()
    for page in (whole, part):
        assert "1.2 GB" in page
    assert 'value="kept"' in whole
    assert "<html" not in part
    assert asked == [(3, "1.0.0")] * 2
    assert client.post(url, VALID | {"epochs": 0}).status_code == 400
    assert not TrainingRun.objects.exists()
