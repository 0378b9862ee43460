"""A model that is no ONNX graph, served by PyTorch behind the same interface: proven, evaluated and answered alike."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest

from inference.engine.bundle import BATCH, folder_reader, load_bundle
from inference.engine.errors import BundleRefused
from inference.engine.session import ModelSession
from inference.services import deployment_activate
from pixelhub.canonical import sha256_file
from tests.inference.conftest import user_says
from tests.inference.deployed import register, sign
from tests.personas import World
from tests.training.tiny_models import make_model

pytestmark = pytest.mark.training

TEXTS = ["User: I am fine", "User: " + "I cut my arms again last night, honestly " * 3, "User: hello"]


@pytest.fixture(scope="module", params=["lora", "qlora"])
def method(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def torch_bundle(method: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A torch bundle of untrained adapters and heads on a tiny decoder, written as a training writes it."""
    import torch

    from training_app.learn.backbone import backbone_load, backbone_open
    from training_app.learn.config import config_from
    from training_app.learn.multihead import heads_of, learning_parameters, model_build
    from training_app.learn.torch_predict import torch_bundle_write

    folder = tmp_path_factory.mktemp(method)
    backbone = backbone_open(str(make_model("mistral", folder / "models" / "tiny-mistral")))
    model = {"backbone": str(backbone.folder), "method": method, "hidden_size": 16}
    output = {"release_dir": str(folder), "out_dir": str(folder)}
    config = config_from({"data": {"max_length": 32}, "model": model, "output": output}).model
    torch.manual_seed(5)
    loaded = backbone_load(backbone, quantised=method == "qlora")
    built = model_build(loaded, config, pooling=backbone.pooling)
    learned = {name: torch.randn_like(value) / 4 for name, value in learning_parameters(built).items()}
    (folder / "bundle").mkdir()
    torch_bundle_write(
        folder / "bundle",
        head={name: value.detach().clone() for name, value in heads_of(built).state_dict().items()},
        learned=learned,
        model=config,
        precision="fp32",
        backbone=backbone,
        max_length=32,
        last_messages=10,
        point={"temperature": 1.5, "threshold": 0.4},
        lineage={"release_manifest_sha256": "0" * 64},
    )
    return folder / "bundle"


@pytest.fixture(autouse=True)
def model_dirs(torch_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = torch_bundle.parent / "models"
    monkeypatch.setenv("PIXELHUB_MODEL_DIRS", str(folder))
    return folder


def session_of(folder: Path) -> ModelSession:
    read, names = folder_reader(folder)
    return ModelSession(load_bundle(read, expected_sha256=sha256_file(folder / "bundle.json"), names=names))


def test_served_decisions_are_the_evaluated_ones(torch_bundle: Path, method: str) -> None:
    from datasets_app.corpus.taxonomy import CRISIS_TYPES
    from training_app.learn.bundle import bundle_open
    from training_app.learn.predict import predict

    evaluated = predict(bundle_open(torch_bundle), TEXTS)
    session = session_of(torch_bundle)
    assert session.max_batch == (BATCH if method == "lora" else 1)
    session.warm_up()
    for row, text in enumerate(TEXTS):
        served = session.run([session.encode(text)])[0]
        assert served.score == pytest.approx(float(evaluated.scores[row]), abs=1e-5)
        assert served.crisis_type == CRISIS_TYPES[int(evaluated.types[row])]
        assert served.severity == int(evaluated.severities[row])


def test_another_backbone_than_the_signed_one_is_refused(
    torch_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_model("mistral", tmp_path / "tiny-mistral", hidden_size=64)
    monkeypatch.setenv("PIXELHUB_MODEL_DIRS", str(tmp_path))
    with pytest.raises(BundleRefused, match="is not the one"):
        session_of(torch_bundle)
    monkeypatch.delenv("PIXELHUB_MODEL_DIRS")
    with pytest.raises(BundleRefused, match="PIXELHUB_MODEL_DIRS"):
        session_of(torch_bundle)


async def test_it_is_promoted_and_answers(torch_bundle: Path, world: World, client: httpx.AsyncClient) -> None:
    files = {path.name: path.read_bytes() for path in torch_bundle.iterdir()}

    def activate() -> None:
        version = register(world, files=files)
        envelope = sign(version, world.user("clinical_lead"))
        deployment_activate(project=world.project, model_version=version, signoff=envelope, actor=None)

    await asyncio.to_thread(activate)
    for text in ("I am fine", "hello"):
        answer = (await client.post("/infer", json=user_says(text))).json()
        assert (answer["degraded"], answer["model_version"]) == (False, "1.0.0"), answer["reason"]
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("name", ["bundle.json", "head.safetensors", "tokenizer.json", "weights.safetensors"])
def test_one_changed_bit_is_refused_and_named(torch_bundle: Path, tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(torch_bundle, tmp_path / "altered"))
    signed = sha256_file(folder / "bundle.json")
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(bytes(data))
    read, names = folder_reader(folder)
    with pytest.raises(BundleRefused) as refusal:
        load_bundle(read, expected_sha256=signed, names=names)
    assert refusal.value.what == name
