"""Two versions side by side."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from pixelhub.canonical import sha256_json
from pixelhub.objects import get_store
from tests.personas import World
from tests.trained import Trained, register_trained
from tests.training.registry import register_sibling
from training_app import services
from training_app.comparing import compare
from training_app.models import ModelVersion, TrainingRun, VersionState
from training_app.stored import PREDICTIONS, predictions_of

pytestmark = pytest.mark.training
URL = "training:version_compare"


@pytest.fixture
def first(world: World, trained: Trained) -> ModelVersion:
    return register_trained(world.project, world.user("ml_engineer"), trained)


@pytest.fixture
def second(first: ModelVersion, trained: Trained, tmp_path: Path) -> ModelVersion:
    return register_sibling(first, trained, tmp_path / "sibling")


def evaluated(version: ModelVersion, trained: Trained, folder: Path, *, wrong: int = 3) -> ModelVersion:
    """The second version's evaluation: the trained one's, but for some crises that it misses."""
    rows = [json.loads(line) for line in trained.predictions.read_text().splitlines()]
    changed = [row for row in rows if row["true_type"] != "none" and row["predicted_type"] != "none"][:wrong]
    for row in changed:
        row |= {"predicted_type": "none", "score": 0.0}
    predictions = folder / "predictions.jsonl"
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows))
    services.evaluation_record(
        version=version,
        metrics=trained.evaluation | {"bundle_sha256": version.bundle_sha256},
        predictions=predictions,
        use_number=services.evaluation_begin(version=version, actor=version.trainer),
        actor=version.trainer,
    )
    return version


def test_the_same_test_set_is_compared_answer_by_answer(
    first: ModelVersion, second: ModelVersion, trained: Trained, tmp_path: Path, world: World
) -> None:
    assert "never evaluated" in compare(first, second).no_test
    evaluated(second, trained, tmp_path)
    found = compare(first, second)
    tests = found.tests
    assert tests is not None
    assert (tests["all"]["n"], tests["unpaired"]) == (trained.evaluation["n"], 0)
    assert (tests["crises"]["only_first"], tests["crises"]["only_second"], tests["crises"]["p"]) == (3, 0, 0.25)
    assert tests["others"]["p"] == 1.0
    assert found.config == []
    assert {row.name for row in found.origin if row.first != row.second} == set()
    assert [row.first == row.second for row in found.files] == [False, True, True, True]
    reverse_way = compare(second, first).tests
    assert reverse_way is not None and reverse_way["crises"]["only_second"] == 3
    client = world.client("pm")
    page = client.get(reverse(URL), {"a": first.pk, "b": second.pk}).content.decode()
    for expected in ("exact test", "0.2500", "None: both were configured alike", second.bundle_sha256, "+0.0000"):
        assert expected in page
    chart = client.get(reverse("training:version_compare_chart", args=[first.pk, second.pk]))
    assert (chart.status_code, b"<svg" in chart.content) == (200, True)
    out = StringIO()
    call_command("compare_models", "1.0.0", "latest", "--json", stdout=out)
    assert json.loads(out.getvalue())["tests"] == tests
    out = StringIO()
    call_command("compare_models", "1.0.0", "1.1.0", stdout=out)
    assert "McNemar on crises: n" in out.getvalue()


def test_what_differs_in_the_making_is_named(first: ModelVersion, second: ModelVersion, world: World) -> None:
    run = TrainingRun.objects.get(pk=second.run_id)
    run.config["optimisation"]["epochs"] = 99
    run.config["model"]["new_setting"] = {"deep": True}
    run.config["output"] = {"release_dir": "/somewhere"}
    run.save()
    found = compare(*(ModelVersion.objects.get(pk=version.pk) for version in (first, second)))
    assert {row.name: row.second for row in found.config} == {
        "optimisation.epochs": 99,
        "model.new_setting.deep": True,
    }
    empty = world.client("pm").get(reverse(URL)).content.decode()
    assert f'<option value="{first.pk}" selected>' in empty and "Figures on the test split" not in empty


def test_another_test_set_is_said_to_be_another(first: ModelVersion, second: ModelVersion) -> None:
    evaluation = first.evaluations.get()
    second.evaluations.create(
        metrics=evaluation.metrics, sha256=sha256_json({}), test_set_sha256="0" * 64, use_number=2
    )
    assert compare(first, second).no_test == "they were evaluated on different test sets"
    assert compare(first, first).no_test == "it is the same version"
    get_store().delete(f"{first.evidence_prefix}{PREDICTIONS}")
    assert predictions_of(first) == []


def test_an_evaluation_keeps_how_it_stands_against_production(
    first: ModelVersion, second: ModelVersion, trained: Trained, tmp_path: Path
) -> None:
    assert first.evaluations.get().metrics["against_production"] == {"reason": "no version was in production"}
    ModelVersion.objects.filter(pk=first.pk).update(state=VersionState.PRODUCTION)
    evaluated(second, trained, tmp_path, wrong=4)
    kept = second.evaluations.get().metrics["against_production"]
    assert (kept["version"], kept["bundle_sha256"]) == ("1.0.0", first.bundle_sha256)
    assert kept["crises"]["only_first"] == 4 and kept["all"]["p"] == 0.125
    first.evaluations.update(test_set_sha256="1" * 64)
    third = register_sibling(first, trained, tmp_path / "third", note="third")
    evaluated(third, trained, tmp_path)
    assert "never evaluated on this test set" in third.evaluations.get().metrics["against_production"]["reason"]


def test_comparison_by_persona(first: ModelVersion, second: ModelVersion, world: World) -> None:
    pair = {"a": first.pk, "b": second.pk}
    chart = reverse("training:version_compare_chart", args=[first.pk, second.pk])
    assert world.client("annotator").get(reverse(URL), pair).status_code == 403
    outsider = world.outsider_client("ml_engineer")
    response = outsider.get(reverse(URL), pair)
    assert response.status_code == 400 and first.bundle_sha256 not in response.content.decode()
    assert outsider.get(chart).status_code == 404
    assert world.client("pm").get(chart).status_code == 404, "the second has no curves"
    assert world.anonymous().get(reverse(URL), pair).status_code == 302
