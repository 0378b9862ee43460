"""Processes hold a model's large weights once: equal to the proven bytes, replaced when not, never needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from benchmarks.scoring_stand_in import write_stand_in
from inference.engine.bundle import folder_reader, load_bundle
from inference.engine.onnx_runtime import OnnxRuntime
from inference.engine.onnx_weights import ALIGNMENT, GraphUnreadable, split_weights
from inference.engine.session import ModelSession
from pixelhub.canonical import sha256_file

NAME = "model"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A graph with large tensors: a stand-in encoder."""
    return (write_stand_in(tmp_path_factory.mktemp("model") / "bundle") / "model.onnx").read_bytes()


def logits(runtime: OnnxRuntime) -> np.ndarray:
    ids = np.array([[1, 2, 3, 4, 0, 0]], dtype=np.int64)
    return runtime.logits(ids, (ids > 0).astype(np.int64))[0]


def test_the_parts_are_the_tensors_of_the_graph(model: bytes) -> None:
    split = split_weights(model)
    expected = {entry.name: numpy_helper.to_array(entry) for entry in onnx.load_from_string(model).graph.initializer}
    assert len(split.graph) < len(model) / 20
    assert len(split.weights) > 30
    for weight in split.weights:
        assert weight.offset % ALIGNMENT == 0
        found = np.frombuffer(model[weight.start : weight.start + weight.size], weight.dtype).reshape(weight.shape)
        np.testing.assert_array_equal(found, expected[weight.name])


@pytest.mark.parametrize("kind", [TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.INT8])
def test_types_and_unknown_fields_survive(kind: int) -> None:
    values = (np.arange(200_000) % 100).reshape(400, 500).astype(helper.tensor_dtype_to_np_dtype(kind))
    tensors = [numpy_helper.from_array(values, "big"), numpy_helper.from_array(values[:2], "small")]
    graph = helper.make_graph([], "g", [], [], tensors, doc_string="kept")
    whole = helper.make_model(graph, producer_name="test").SerializeToString()
    split = split_weights(whole)
    assert [weight.name for weight in split.weights] == ["big"]
    read = onnx.load_from_string(split.graph)
    assert (read.graph.doc_string, read.producer_name) == ("kept", "test")
    assert [tensor.data_location for tensor in read.graph.initializer] == [TensorProto.EXTERNAL, TensorProto.DEFAULT]
    assert list(read.graph.initializer[0].dims) == [400, 500]


@pytest.mark.parametrize("at", [3, 40, 400, -3])
def test_a_cut_graph_is_unreadable(model: bytes, at: int) -> None:
    with pytest.raises(GraphUnreadable):
        split_weights(model[:at])


def test_shared_and_own_memory_give_the_very_same_answers(model: bytes, tmp_path: Path) -> None:
    own = OnnxRuntime(model, memory=None, name=NAME)
    first, second = (OnnxRuntime(model, memory=tmp_path / "memory", name=NAME) for _ in range(2))
    assert (own._shared.is_shared, first._shared.is_shared, second._shared.is_shared) == (False, True, True)
    np.testing.assert_array_equal(logits(own), logits(first))
    np.testing.assert_array_equal(logits(own), logits(second))
    (path,) = (tmp_path / "memory").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o400, 0o700)


def _flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(bytes(data))


def _cut(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def _linked(path: Path) -> None:
    path.unlink()
    path.symlink_to("/etc/hostname")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [_flipped, _cut, _linked, _folder, Path.unlink])
def test_a_spoiled_file_is_never_computed_with(model: bytes, tmp_path: Path, spoil: object) -> None:
    memory = tmp_path / "memory"
    before = OnnxRuntime(model, memory=memory, name=NAME)
    expected = logits(before)
    (path,) = memory.iterdir()
    assert callable(spoil)
    spoil(path)
    np.testing.assert_array_equal(logits(OnnxRuntime(model, memory=memory, name=NAME)), expected)
    np.testing.assert_array_equal(logits(before), expected)


def test_a_place_that_cannot_be_written_is_done_without(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    runtime = OnnxRuntime(model, memory=tmp_path / "file" / "memory", name=NAME)
    assert not runtime._shared.is_shared
    np.testing.assert_array_equal(logits(runtime), logits(OnnxRuntime(model, memory=None, name=NAME)))


def test_a_session_keeps_no_second_copy(tmp_path: Path) -> None:
    folder = write_stand_in(tmp_path / "bundle")
    read, names = folder_reader(folder)
    bundle = load_bundle(read, expected_sha256=sha256_file(folder / "bundle.json"), names=names)
    session = ModelSession(bundle, memory=tmp_path / "memory")
    assert session.bundle.contents == {}
    assert session.run([session.encode("calm words")])[0].probabilities
