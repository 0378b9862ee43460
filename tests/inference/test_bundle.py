"""Reading a bundle: every byte is proven, and whatever is wrong is named."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from inference.engine.bundle import Bundle, check_name, folder_reader, load_bundle
from inference.engine.errors import BundleRefused
from inference.engine.session import ModelSession
from pixelhub.canonical import sha256_hex
from tests.inference.tiny import tiny_files, tiny_index, tiny_model


def load(files: dict[str, bytes], *, sha256: str | None = None) -> Bundle:
    """Load from memory; the expected digest is that of the bundle.json at hand unless given."""

    def read(name: str, limit: int) -> bytes:
        if name not in files:
            raise FileNotFoundError(name)
        return files[name][: limit + 1]

    return load_bundle(read, expected_sha256=sha256 or sha256_hex(files["bundle.json"]), names=list(files))


def indexed(whole: dict[str, bytes], /, **changes: object) -> dict[str, bytes]:
    """The files with a bundle.json over them, as an attacker who may write all of them would make it."""
    content = {name: data for name, data in whole.items() if name != "bundle.json"}
    return {**content, "bundle.json": tiny_index(content, **changes)}


def test_a_whole_bundle_is_read() -> None:
    files = tiny_files(threshold=0.4)
    bundle = load(files)
    assert bundle.contents["model.onnx"] == files["model.onnx"]
    assert (bundle.threshold, bundle.max_length) == (0.4, 64)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "head.safetensors", "bundle.json"])
def test_one_flipped_bit_is_refused_and_named(name: str) -> None:
    files = tiny_files()
    signed = sha256_hex(files["bundle.json"])
    data = bytearray(files[name])
    data[len(data) // 2] ^= 1
    files[name] = bytes(data)
    with pytest.raises(BundleRefused) as refusal:
        load(files, sha256=signed)
    assert refusal.value.what == name
    assert "SHA-256" in refusal.value.reason


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "bundle.json"])
def test_a_missing_file_is_refused_and_named(name: str) -> None:
    files = tiny_files()
    signed = sha256_hex(files.pop("bundle.json")) if name == "bundle.json" else sha256_hex(files["bundle.json"])
    files.pop(name, None)
    with pytest.raises(BundleRefused, match=f"{name}: is missing"):
        load(files, sha256=signed)


@pytest.mark.parametrize(
    "name", ["../model.onnx", "a/b", "/etc/passwd", "weights.pkl", "pytorch_model.bin", "x\x00", ".."]
)
def test_names_that_a_bundle_may_not_hold(name: str) -> None:
    with pytest.raises(BundleRefused):
        check_name(name)


def test_a_pickle_beside_the_model_is_refused_unread() -> None:
    files = indexed({**tiny_files(), "extra.pkl": pickle.dumps({"a": 1})})
    with pytest.raises(BundleRefused, match=r"extra\.pkl.*not a file that a bundle may hold"):
        load(files)


def test_a_pickle_in_the_place_of_the_model_is_no_model() -> None:
    bundle = load(indexed({**tiny_files(), "model.onnx": pickle.dumps({"a": 1})}))
    with pytest.raises(BundleRefused, match=r"model\.onnx"):
        ModelSession(bundle)


@pytest.mark.parametrize("location", ["../../secret.bin", "weights.bin"])
def test_a_model_with_data_outside_of_itself_is_refused(location: str) -> None:
    files = indexed({**tiny_files(), "model.onnx": tiny_model(weight_location=location)})
    with pytest.raises(BundleRefused, match="outside of its own bytes"):
        load(files)


def test_an_oversized_safetensors_header_is_refused() -> None:
    files = indexed({**tiny_files(), "head.safetensors": (1 << 62).to_bytes(8, "little") + b"{}"})
    with pytest.raises(BundleRefused, match="header is oversized"):
        load(files)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "pixelhub.bundle/2"},
        {"labels": ["none"]},
        {"temperature": 0},
        {"threshold": 1.5},
        {"threshold": True},
        {"max_length": "64"},
        {"files": {}},
        {"files": {"model.onnx": {"sha256": "zz", "bytes": 5}}},
        {"files": {"model.onnx": {"sha256": "0" * 64, "bytes": 10**12}}},
        {"files": {"../model.onnx": {"sha256": "0" * 64, "bytes": 5}}},
    ],
    ids=str,
)
def test_a_wrong_index_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BundleRefused):
        load(indexed(tiny_files(), **changes))


@pytest.mark.parametrize("index", [b"[]", b"not json", b"\xff", b"[" * 100_000])
def test_an_index_that_is_no_object_is_refused(index: bytes) -> None:
    with pytest.raises(BundleRefused, match=r"bundle\.json"):
        load({**tiny_files(), "bundle.json": index})


def test_bytes_appended_to_a_file_are_refused() -> None:
    files = tiny_files()
    files["model.onnx"] += b"\x00" * 10
    with pytest.raises(BundleRefused, match=r"model\.onnx"):
        load(files, sha256=sha256_hex(files["bundle.json"]))


def _link(folder: Path) -> None:
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to("/etc/hostname")


def _folder(folder: Path) -> None:
    (folder / "sub").mkdir()


@pytest.mark.parametrize("spoil", [_link, _folder])
def test_links_and_folders_in_a_bundle_folder_are_refused(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    for name, data in tiny_files().items():
        (tmp_path / name).write_bytes(data)
    spoil(tmp_path)
    with pytest.raises(BundleRefused):
        folder_reader(tmp_path)


def test_a_bundle_folder_is_read(tmp_path: Path) -> None:
    files = tiny_files()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    read, names = folder_reader(tmp_path)
    assert (
        load_bundle(read, expected_sha256=sha256_hex(files["bundle.json"]), names=names).contents["model.onnx"]
        == files["model.onnx"]
    )
