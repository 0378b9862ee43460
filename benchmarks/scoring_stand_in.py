"""A model of the teacher's matrix sizes for where none is given; its answers mean nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import sha256_file, sha256_hex
from tests.inference.tiny import tiny_index, tiny_tokenizer

LAYERS, HIDDEN, INNER = 6, 384, 1536


def write_stand_in(folder: Path) -> Path:
    """A bundle whose matrices are those of a six-layer encoder of width 384; its answers mean nothing."""
    folder.mkdir(parents=True)
    files = {"model.onnx": _stand_in_model(), "tokenizer.json": tiny_tokenizer()}
    files["bundle.json"] = tiny_index(files, max_length=128)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert sha256_file(folder / "bundle.json") == sha256_hex(files["bundle.json"])
    return folder


def _stand_in_model() -> bytes:
    rng = np.random.default_rng(7)
    weights, nodes = [], []

    def weight(name: str, *shape: int) -> str:
        values = (rng.standard_normal(shape) / np.sqrt(shape[0])).astype(np.float32)
        weights.append(numpy_helper.from_array(values, name))
        return name

    nodes.append(helper.make_node("Gather", [weight("table", 5, HIDDEN), "input_ids"], ["x0"]))
    for layer in range(LAYERS):
        source = f"x{layer}"
        for part in "qkvo":
            nodes.append(
                helper.make_node("MatMul", [source, weight(f"{part}{layer}", HIDDEN, HIDDEN)], [f"{part}o{layer}"])
            )
        nodes.append(helper.make_node("Transpose", [f"ko{layer}"], [f"kt{layer}"], perm=[0, 2, 1]))
        nodes.append(helper.make_node("MatMul", [f"qo{layer}", f"kt{layer}"], [f"scores{layer}"]))
        nodes.append(helper.make_node("Softmax", [f"scores{layer}"], [f"attention{layer}"], axis=-1))
        nodes.append(helper.make_node("MatMul", [f"attention{layer}", f"vo{layer}"], [f"mixed{layer}"]))
        nodes.append(helper.make_node("Add", [f"mixed{layer}", f"oo{layer}"], [f"sum{layer}"]))
        nodes.append(helper.make_node("MatMul", [f"sum{layer}", weight(f"up{layer}", HIDDEN, INNER)], [f"wide{layer}"]))
        nodes.append(helper.make_node("Tanh", [f"wide{layer}"], [f"bent{layer}"]))
        nodes.append(
            helper.make_node("MatMul", [f"bent{layer}", weight(f"down{layer}", INNER, HIDDEN)], [f"x{layer + 1}"])
        )
    nodes.append(helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("ReduceMean", [f"x{LAYERS}"], ["pooled"], axes=[1], keepdims=0))
    nodes.append(helper.make_node("ReduceMean", ["mask"], ["filled"], axes=[1], keepdims=1))
    nodes.append(helper.make_node("Mul", ["pooled", "filled"], ["used"]))
    for name, size in (("type_logits", len(CRISIS_TYPES)), ("severity_logits", 5)):
        nodes.append(helper.make_node("MatMul", ["used", weight(f"w_{name}", HIDDEN, size)], [name]))
    graph = helper.make_graph(
        nodes,
        "stand-in",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["B", "T"]) for n in ("input_ids", "attention_mask")],
        [
            helper.make_tensor_value_info("type_logits", TensorProto.FLOAT, ["B", len(CRISIS_TYPES)]),
            helper.make_tensor_value_info("severity_logits", TensorProto.FLOAT, ["B", 5]),
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
