"""Strangers' model folders: only safetensors and JSON are read, and nothing in them is ever executed."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from tests.training.bombs import Bomb
from training_app.learn.backbone import backbone_open
from training_app.learn.backbone_files import MAX_HEADER_BYTES, backbone_check, safetensors_check
from training_app.learn.checkpoints import Checkpoint, checkpoint_latest, checkpoint_write
from training_app.learn.errors import EncoderRefused

CONFIG = {"model_type": "qwen2", "hidden_size": 8}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is in order, as far as files go."""
    made = tmp_path / "model"
    made.mkdir()
    (made / "config.json").write_text(json.dumps(CONFIG))
    Tokenizer(WordLevel({"auto_map": 0}, unk_token="auto_map")).save(str(made / "tokenizer.json"))
    save_file({"a": torch.zeros(2, 3), "b": torch.ones(4, dtype=torch.bfloat16)}, made / "model.safetensors")
    (made / "README.md").write_text("A model.")
    return made


@pytest.fixture
def exploded(tmp_path: Path) -> Path:
    """The file that a bomb would write."""
    return tmp_path / "exploded"


def safetensors(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> None:
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(raw) if length is None else length) + raw + data)


def tensor(begin: int, end: int, shape: list[Any], dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def test_folder_in_order_passes_and_its_identity_is_its_bytes(folder: Path) -> None:
    first = backbone_check(folder)
    assert first.config == CONFIG
    (folder / "README.md").write_text("Another word.")
    assert backbone_check(folder).sha256 == first.sha256
    save_file({"a": torch.ones(2, 3)}, folder / "model.safetensors")
    assert backbone_check(folder).sha256 != first.sha256


@pytest.mark.parametrize(
    "name", ["pytorch_model.bin", "model.pt", "optimizer.PKL", "sub/deep/training_args.bin", "x.ckpt", "modeling_x.py"]
)
def test_what_could_run_code_is_refused_wherever_it_lies(folder: Path, exploded: Path, name: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(Bomb(exploded)))
    with pytest.raises(EncoderRefused, match="can run code"):
        backbone_open(str(folder))
    assert not exploded.exists()


def test_pickle_under_the_name_of_safetensors_is_refused(folder: Path, exploded: Path) -> None:
    (folder / "model.safetensors").write_bytes(pickle.dumps(Bomb(exploded)))
    with pytest.raises(EncoderRefused, match="no safetensors file"):
        backbone_open(str(folder))
    torch.save({"a": Bomb(exploded)}, folder / "model.safetensors")
    with pytest.raises(EncoderRefused, match="no safetensors file"):
        backbone_open(str(folder))
    assert not exploded.exists()


@pytest.mark.parametrize(
    ("name", "document", "reason"),
    [
        ("config.json", CONFIG | {"auto_map": {"AutoModel": "modeling.Evil"}}, "auto_map"),
        ("config.json", CONFIG | {"text_config": [{"auto_map": {}}]}, "auto_map"),
        ("config.json", CONFIG | {"trust_remote_code": True}, "trust_remote_code"),
        ("config.json", CONFIG | {"_attn_implementation": "stranger/kernel"}, "kernel to be fetched"),
        ("config.json", CONFIG | {"quantization_config": {"quant_method": "gptq"}}, "quantised weights"),
        ("config.json", {"hidden_size": 8}, "model_type"),
        ("config.json", CONFIG | {"model_type": "no-such-model"}, "transformers does not know"),
        ("config.json", CONFIG | {"model_type": "t5", "is_encoder_decoder": True}, "encoder and a decoder"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["t.Evil", None]}}, "auto_map"),
        ("generation_config.json", {"custom_generate": "x"}, "custom_generate"),
        ("adapter_config.json", {"base_model_name_or_path": "/etc"}, "adapter"),
    ],
)
def test_configuration_that_names_code_is_refused(folder: Path, name: str, document: Any, reason: str) -> None:
    (folder / name).write_text(json.dumps(document))
    with pytest.raises(EncoderRefused, match=reason):
        backbone_open(str(folder))


@pytest.mark.parametrize("raw", [b"", b"{", b"[" * 200_000, b"\xff\xfe", b"[]"])
def test_configuration_that_is_no_object_is_refused(folder: Path, raw: bytes) -> None:
    (folder / "config.json").write_bytes(raw)
    with pytest.raises(EncoderRefused):
        backbone_check(folder)


def test_oversized_json_is_refused_before_it_is_read(folder: Path) -> None:
    with (folder / "config.json").open("wb") as stream:
        stream.truncate(5 << 20)
    with pytest.raises(EncoderRefused, match="larger than 4 MB"):
        backbone_check(folder)


@pytest.mark.parametrize(
    "place",
    ["../secret.safetensors", "/etc/passwd", "sub/a.safetensors", ".hidden.safetensors", "a.bin", 7, "a\n.safetensors"],
)
def test_index_that_points_elsewhere_is_refused(folder: Path, place: Any) -> None:
    save_file({"a": torch.zeros(1)}, folder.parent / "secret.safetensors")
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": place}}))
    with pytest.raises(EncoderRefused, match="no plain safetensors name"):
        backbone_check(folder)


def test_index_that_names_what_is_not_there_is_refused(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "absent.safetensors"}}))
    with pytest.raises(EncoderRefused, match="not in the folder"):
        backbone_check(folder)


def test_links_are_refused_and_not_followed(folder: Path) -> None:
    secret = folder.parent / "secret"
    secret.mkdir()
    (secret / "evil.pkl").write_bytes(b"")
    (folder / "docs").symlink_to(secret)
    with pytest.raises(EncoderRefused, match="docs is a link"):
        backbone_check(folder)
    (folder / "docs").unlink()
    outside = folder.parent / "outside.safetensors"
    (folder / "model.safetensors").rename(outside)
    (folder / "model.safetensors").symlink_to(outside)
    with pytest.raises(EncoderRefused, match="is a link"):
        backbone_check(folder)
    linked = folder.parent / "linked"
    linked.symlink_to(folder)
    with pytest.raises(EncoderRefused, match="is a link"):
        backbone_open(str(linked))


def test_vocabulary_of_another_tokenizer_is_left_alone(folder: Path) -> None:
    with (folder / "tekken.json").open("wb") as stream:
        stream.truncate(15 << 20)
    assert backbone_check(folder).name == "model"


@pytest.mark.parametrize(
    ("header", "data", "length"),
    [
        (b"{}", b"", 1 << 62),
        (b"{}", b"", MAX_HEADER_BYTES + 1),
        (b"{}", b"", 500),
        (b"{", b"", None),
        (b"[]", b"", None),
        ({"a": tensor(0, 4, [1])}, b"", None),
        ({"a": tensor(0, 4, [1])}, b"12345678", None),
        ({"a": tensor(0, 8, [1])}, b"12345678", None),
        ({"a": tensor(0, 4, [1]), "b": tensor(0, 4, [1])}, b"1234", None),
        ({"a": tensor(0, 4, [1]), "b": tensor(8, 12, [1])}, b"123456789012", None),
        ({"a": tensor(-4, 0, [1])}, b"", None),
        ({"a": tensor(0, 4, [-1, -1])}, b"1234", None),
        ({"a": tensor(0, 4, [True])}, b"1234", None),
        ({"a": tensor(0, 4, [1], "OBJECT")}, b"1234", None),
        ({"a": {"dtype": "F32"}}, b"", None),
        ({"a": "x"}, b"", None),
        ({"__metadata__": {"x": [1]}}, b"", None),
    ],
)
def test_header_that_lies_is_refused(tmp_path: Path, header: Any, data: bytes, length: int | None) -> None:
    path = tmp_path / "a.safetensors"
    safetensors(path, header, data, length)
    with pytest.raises(EncoderRefused):
        safetensors_check(path)


def test_every_tensor_type_that_safetensors_writes_is_read(tmp_path: Path) -> None:
    kinds = (torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64, torch.float8_e4m3fn)
    tensors = {str(kind): torch.zeros(3, 2).to(kind) for kind in kinds} | {"none": torch.zeros(0, 4)}
    save_file(tensors, tmp_path / "a.safetensors", metadata={"format": "pt"})
    assert set(safetensors_check(tmp_path / "a.safetensors")) == set(tensors)


@pytest.mark.parametrize("raw", [b"{}", b'{"model": {"type": "BPE"}}', b'"x"'])
def test_tokenizer_that_is_none_is_refused(folder: Path, raw: bytes) -> None:
    (folder / "tokenizer.json").write_bytes(raw)
    with pytest.raises(EncoderRefused, match="no tokenizer"):
        backbone_open(str(folder))


def test_hub_identifier_is_refused_with_the_way_to_fetch_it() -> None:
    with pytest.raises(EncoderRefused, match=r"hf download Qwen/Qwen2-7B --local-dir models/Qwen2-7B"):
        backbone_open("Qwen/Qwen2-7B")


@pytest.mark.parametrize("damage", ["pickle", "link", "header"])
def test_checkpoint_that_was_tampered_with_is_not_read(tmp_path: Path, exploded: Path, damage: str) -> None:
    folder = tmp_path / "checkpoints"
    state = {"best": {"epoch": 1}}
    for epoch in (1, 2):
        checkpoint_write(folder, Checkpoint(epoch, state, {"w": torch.full((2,), float(epoch))}), run_key="key")
    newest = folder / "epoch-0002.safetensors"
    if damage == "pickle":
        newest.write_bytes(pickle.dumps(Bomb(exploded)))
    elif damage == "header":
        safetensors(newest, b"{}", length=1 << 60)
    else:
        newest.rename(tmp_path / "elsewhere")
        newest.symlink_to(tmp_path / "elsewhere")
    found = checkpoint_latest(folder, run_key="key")
    assert found is not None
    assert (found.epoch, found.tensors["w"].tolist()) == (1, [1.0, 1.0])
    assert not exploded.exists()
