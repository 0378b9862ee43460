"""A real, tiny ONNX bundle: every word adds its own logits, so a test can choose what the model will say.

"doom" speaks for immediate harm, "worry" for panic, "calm" for no crisis; other words say nothing.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_hex

_VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "doom": 2, "worry": 3, "calm": 4}
_TYPE_OF_WORD = {"doom": "immediate_harm", "worry": "panic", "calm": "none"}
_SEVERITY_OF_WORD = {"doom": 5, "worry": 2}


def tiny_files(*, threshold: float = 0.5, boost: float = 6.0, bias: float = 1.5) -> dict[str, bytes]:
    """The files of a bundle by name; `bias` is the logit of "none" before any word."""
    model = tiny_model(boost=boost, bias=bias)
    tokenizer = tiny_tokenizer()
    files = {"model.onnx": model, "tokenizer.json": tokenizer, "head.safetensors": (2).to_bytes(8, "little") + b"{}"}
    return {**files, "bundle.json": tiny_index(files, threshold=threshold)}


def tiny_index(contents: dict[str, bytes], /, *, threshold: float = 0.5, **changes: object) -> bytes:
    """bundle.json over the files as they are."""
    entries = {name: {"sha256": sha256_hex(data), "bytes": len(data)} for name, data in contents.items()}
    index = {
        "format": "pixelhub.bundle/1",
        "labels": list(CRISIS_TYPES),
        "max_length": 64,
        "last_messages": 10,
        "temperature": 1.0,
        "threshold": threshold,
        "encoder": {"name": "tiny", "sha256": "0" * 64},
        "files": entries,
        "lineage": {"release": "r1", "seed": 1},
    }
    return canonical_json({**index, **changes})


def tiny_tokenizer() -> bytes:
    """A lower-casing word tokenizer over five entries."""
    tokenizer = Tokenizer(models.WordLevel(_VOCABULARY, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer.to_str().encode("utf-8")


def tiny_model(*, boost: float = 6.0, bias: float = 1.5, weight_location: str | None = None) -> bytes:
    """Logits = bias + sum over the unmasked words of the word's row; `weight_location` makes its data external."""
    types = np.zeros((len(_VOCABULARY), len(CRISIS_TYPES)), dtype=np.float32)
    severities = np.zeros((len(_VOCABULARY), 5), dtype=np.float32)
    for word, kind in _TYPE_OF_WORD.items():
        types[_VOCABULARY[word], CRISIS_TYPES.index(kind)] = boost
    for word, severity in _SEVERITY_OF_WORD.items():
        severities[_VOCABULARY[word], severity - 1] = boost
    offset = np.zeros(len(CRISIS_TYPES), dtype=np.float32)
    offset[CRISIS_TYPES.index("none")] = bias
    weights = [
        numpy_helper.from_array(types, "types"),
        numpy_helper.from_array(severities, "severities"),
        numpy_helper.from_array(offset, "offset"),
        numpy_helper.from_array(np.array([2], dtype=np.int64), "last"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "words"),
    ]
    if weight_location is not None:
        weights[0].data_location = TensorProto.EXTERNAL
        weights[0].external_data.add(key="location", value=weight_location)
        weights[0].ClearField("raw_data")
    nodes = [
        helper.make_node("Cast", ["attention_mask"], ["mask_float"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["mask_float", "last"], ["mask"]),
        *_summed("types", "type_sum"),
        helper.make_node("Add", ["type_sum", "offset"], ["type_logits"]),
        *_summed("severities", "severity_logits"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["B", "T"]) for n in ("input_ids", "attention_mask")],
        [
            helper.make_tensor_value_info("type_logits", TensorProto.FLOAT, ["B", len(CRISIS_TYPES)]),
            helper.make_tensor_value_info("severity_logits", TensorProto.FLOAT, ["B", 5]),
        ],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString() if weight_location else _checked(model))


def _summed(table: str, output: str) -> list[onnx.NodeProto]:
    return [
        helper.make_node("Gather", [table, "input_ids"], [f"{table}_rows"], axis=0),
        helper.make_node("Mul", [f"{table}_rows", "mask"], [f"{table}_masked"]),
        helper.make_node("ReduceSum", [f"{table}_masked", "words"], [output], keepdims=0),
    ]


def _checked(model: onnx.ModelProto) -> bytes:
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
