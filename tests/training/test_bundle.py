"""The trained bundle: complete, canonical, equal to torch, and refused when a byte changed."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tokenizers import Tokenizer

from datasets_app.corpus.render import render_conversation
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex
from tests.trained import Trained, learn
from training_app.learn.bundle import bundle_open
from training_app.learn.encoder import EMBEDDING_SIZE, encoder_load, padded, tokenizer_load
from training_app.learn.errors import BundleRefused, ParityFailed
from training_app.learn.export import check_parity, export_model
from training_app.learn.heads import PixelHeads, PixelModel, heads_load
from training_app.learn.predict import BundlePredictor, predict

pytestmark = pytest.mark.training


def conversation(trained: Trained, number: int = 0) -> list[dict[str, str]]:
    shard = next((trained.release_dir / "shards" / "val").iterdir())
    return json.loads(shard.read_text(encoding="utf-8").splitlines()[number])["messages"]


def test_bundle_document_is_the_contract(trained: Trained) -> None:
    raw = (trained.bundle_dir / "bundle.json").read_bytes()
    document = json.loads(raw)
    assert raw == canonical_json(document)
    assert document["format"] == "pixelhub.bundle/1"
    assert tuple(document["labels"]) == CRISIS_TYPES
    assert set(document["lineage"]) == {
        *("release", "release_manifest_sha256", "config_sha256", "code_version", "seed"),
    }
    for name, entry in document["files"].items():
        assert entry["sha256"] == sha256_file(trained.bundle_dir / name)
    assert bundle_open(trained.bundle_dir).sha256 == sha256_hex(raw) == trained.evaluation["bundle_sha256"]


def test_graph_has_the_contract_inputs_and_outputs_and_no_trace_of_this_machine(trained: Trained) -> None:
    model = onnx.load(trained.bundle_dir / "model.onnx")
    onnx.checker.check_model(model)
    assert [value.name for value in model.graph.input] == ["input_ids", "attention_mask"]
    assert [value.name for value in model.graph.output] == ["type_logits", "severity_logits"]
    assert b"site-packages" not in (trained.bundle_dir / "model.onnx").read_bytes()


@pytest.mark.parametrize("lengths", [(1,), (3, 40, 9)])
def test_onnx_answers_like_torch(trained: Trained, lengths: tuple[int, ...]) -> None:
    heads = heads_load(trained.bundle_dir / "head.safetensors", embedding_size=EMBEDDING_SIZE)
    model = PixelModel(encoder_load(), heads).eval()
    texts = ["User: " + "I do not want to be here " * length for length in lengths]
    types, severities = BundlePredictor(trained.bundle_dir, max_length=64).logits(texts)
    with torch.inference_mode():
        expected_types, expected_severities = model(*padded(tokenizer_load(64).encode_batch(texts)))
    np.testing.assert_allclose(types, expected_types.numpy(), atol=2e-4)
    np.testing.assert_allclose(severities, expected_severities.numpy(), atol=2e-3)


def test_parity_is_refused_for_other_weights(trained: Trained) -> None:
    torch.manual_seed(1)
    other = PixelModel(encoder_load(), PixelHeads(EMBEDDING_SIZE, 64, 0.0)).eval()
    with pytest.raises(ParityFailed, match="differs"):
        check_parity(other, trained.bundle_dir, ["User: I am fine"], max_length=64)


def test_model_in_training_mode_is_not_exported(tmp_path: Path) -> None:
    model = PixelModel(encoder_load(), PixelHeads(EMBEDDING_SIZE, 8, 0.1)).train()
    with pytest.raises(ParityFailed, match="training mode"):
        export_model(model, tmp_path)


def test_tokenizer_keeps_the_last_turns(trained: Trained) -> None:
    tokenizer = Tokenizer.from_file(str(trained.bundle_dir / "tokenizer.json"))
    encoding = tokenizer.encode("User: " + "well " * 200 + "goodbye")
    assert len(encoding.ids) == 64
    assert encoding.tokens[-2] == "goodbye"


def test_recorded_parity_and_latency_lie_beside_the_bundle(trained: Trained) -> None:
    assert trained.record["parity"]["max_probability_difference"] <= 1e-4
    assert trained.record["latency"]["p95_ms"] >= trained.record["latency"]["p50_ms"] > 0
    assert trained.record["history"][trained.record["best_epoch"] - 1]["epoch"] == trained.record["best_epoch"]


def test_score_does_not_depend_on_batch_mates(trained: Trained) -> None:
    bundle = bundle_open(trained.bundle_dir)
    texts = [render_conversation(conversation(trained, number)) for number in range(8)]
    together = predict(bundle, texts).scores
    alone = [predict(bundle, [text]).scores[0] for text in texts]
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("damage", ["model.onnx", "tokenizer.json", "head.safetensors", "bundle.json", "link", "extra"])
def test_changed_bundle_is_refused(trained: Trained, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(trained.bundle_dir, folder)
    document = json.loads((folder / "bundle.json").read_bytes())
    if damage == "link":
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer.json").symlink_to(trained.bundle_dir / "tokenizer.json")
    elif damage == "extra":
        document["files"]["evil.pkl"] = {"sha256": "0" * 64, "bytes": 1}
        (folder / "bundle.json").write_bytes(canonical_json(document))
    elif damage == "bundle.json":
        document["labels"].reverse()
        (folder / damage).write_bytes(canonical_json(document))
    else:
        raw = bytearray((folder / damage).read_bytes())
        raw[len(raw) // 2] ^= 1
        (folder / damage).write_bytes(raw)
    with pytest.raises(BundleRefused):
        bundle_open(folder)


def test_heads_are_not_read_from_a_pickle(tmp_path: Path) -> None:
    torch.save({"hidden.weight": torch.zeros(2, 2)}, tmp_path / "head.safetensors")
    with pytest.raises(BundleRefused):
        heads_load(tmp_path / "head.safetensors", embedding_size=2)


def test_evaluate_refuses_another_release_with_exit_code_3(trained: Trained, tmp_path: Path) -> None:
    from tests.training.releases import simple_conversations, write_labelled_release

    write_labelled_release(tmp_path / "other", simple_conversations(70))
    ended = learn(
        *("evaluate", "--bundle", trained.bundle_dir, "--release", tmp_path / "other", "--out", tmp_path / "e.json"),
        check=False,
    )
    assert (ended.returncode, (tmp_path / "e.json").exists()) == (3, False)
    assert "another release" in ended.stderr


def test_train_refuses_a_bad_configuration_with_exit_code_2(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"optimisation": {"epochs": -1}}')
    ended = learn("train", "--config", config, check=False)
    assert ended.returncode == 2
    assert "optimisation.epochs" in ended.stderr


def test_evaluation_holds_what_it_must_and_no_text(trained: Trained) -> None:
    found = trained.evaluation
    assert {"sensitivity", "specificity", "false_positive_rate", "macro_f1", "auc", "ece", "severity_mae"} <= set(
        found["metrics"]
    )
    assert sum(map(sum, found["confusion"]["rows"])) == found["n"] == found["positives"] + found["negatives"]
    assert found["synthetic_only"] is True
    assert found["simulated_labels"] == found["n"]
    assert len(trained.predictions.read_text().splitlines()) == found["n"]
    assert "User:" not in json.dumps(found) + trained.predictions.read_text()
    # what later use is compared with: every conversation of the split once in each histogram
    told, lines = found["reference"]["score"], trained.predictions.read_text().splitlines()
    assert sum(told["counts"][:-1]) == sum(json.loads(line)["score"] <= told["edges"][-1] for line in lines)
    for feature in ("score", "characters", "messages"):
        assert sum(found["reference"][feature]["counts"]) == found["n"]
