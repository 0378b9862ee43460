"""The large tensors of an ONNX graph apart from it, so that processes of one machine hold them in memory once.

Reads and rewrites protobuf's wire format itself: the onnx package would take more memory than is saved. Field numbers
are those of onnx.proto (ModelProto.graph 7, GraphProto.initializer 5, TensorProto dims 1, data_type 2, name 8,
raw_data 9, external_data 13, data_location 14).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

#: Smaller tensors stay in the graph: their share of memory is nothing, and optimisers fold them.
MIN_BYTES: Final = 64 * 1024
#: Tensors begin at multiples of this many bytes.
ALIGNMENT: Final = 64

_GRAPH, _INITIALIZER = 7, 5
_DIMS, _DATA_TYPE, _NAME, _RAW_DATA = 1, 2, 8, 9
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_DTYPES: Final[dict[int, type[np.generic]]] = {
    1: np.float32,
    2: np.uint8,
    3: np.int8,
    6: np.int32,
    7: np.int64,
    10: np.float16,
    11: np.float64,
}
# external_data (13) of one entry {"location": "weights"}, data_location (14) = EXTERNAL.
_EXTERNAL: Final = b"\x6a\x13\x0a\x08location\x12\x07weights\x70\x01"


class GraphUnreadable(ValueError):
    """The bytes are not the wire format of a graph."""


@dataclass(frozen=True)
class Weight:
    """A tensor of the graph: model[start : start + size], to lie at `offset` of the shared bytes."""

    name: str
    dtype: type[np.generic]
    shape: tuple[int, ...]
    start: int
    size: int
    offset: int

    def array(self, shared: memoryview) -> np.ndarray:
        """The tensor over the shared bytes, without a copy."""
        count = self.size // np.dtype(self.dtype).itemsize
        return np.frombuffer(shared, dtype=self.dtype, count=count, offset=self.offset).reshape(self.shape)


@dataclass(frozen=True)
class Split:
    """`graph` is the model without its large tensors, `weights` are these, `size` the bytes that they take together."""

    graph: bytes
    weights: tuple[Weight, ...]
    size: int


def split_weights(model: bytes) -> Split:
    """Take the large tensors out of a graph. Raises GraphUnreadable."""
    try:
        return _split(model)
    except (IndexError, UnicodeDecodeError):
        raise GraphUnreadable("the bytes end in the middle of a field") from None


def _split(model: bytes) -> Split:
    weights: list[Weight] = []
    view = memoryview(model)
    parts: list[bytes | memoryview] = []
    for number, kind, begin, start, end in _fields(model, 0, len(model)):
        if (number, kind) == (_GRAPH, _BYTES):
            graph = _graph(model, view, start, end, weights)
            parts += [_tag(_GRAPH, _BYTES), _varint(len(graph)), graph]
        else:
            parts.append(view[begin:end])
    size = weights[-1].offset + weights[-1].size if weights else 0
    return Split(b"".join(parts), tuple(weights), size)


def _graph(model: bytes, view: memoryview, start: int, end: int, weights: list[Weight]) -> bytes:
    parts: list[bytes | memoryview] = []
    for number, kind, begin, low, high in _fields(model, start, end):
        weight = None
        if (number, kind) == (_INITIALIZER, _BYTES) and high - low >= MIN_BYTES:
            offset = weights[-1].offset + weights[-1].size if weights else 0
            weight, rest = _tensor(model, view, low, high, -(-offset // ALIGNMENT) * ALIGNMENT)
        if weight is None:
            parts.append(view[begin:high])
        else:
            weights.append(weight)
            parts += [_tag(_INITIALIZER, _BYTES), _varint(len(rest)), rest]
    return b"".join(parts)


def _tensor(model: bytes, view: memoryview, start: int, end: int, offset: int) -> tuple[Weight | None, bytes]:
    name, data_type, shape = "", 0, list[int]()
    raw: tuple[int, int] | None = None
    rest: list[bytes | memoryview] = []
    for number, kind, begin, low, high in _fields(model, start, end):
        if (number, kind) == (_RAW_DATA, _BYTES):
            raw = low, high - low
            continue
        rest.append(view[begin:high])
        if (number, kind) == (_NAME, _BYTES):
            name = model[low:high].decode("utf-8")
        elif (number, kind) == (_DATA_TYPE, _VARINT):
            data_type = _read_varint(model, low)[0]
        elif number == _DIMS and kind == _VARINT:
            shape.append(_read_varint(model, low)[0])
        elif number == _DIMS and kind == _BYTES:
            while low < high:
                value, low = _read_varint(model, low)
                shape.append(value)
    dtype = _DTYPES.get(data_type)
    if (
        raw is None
        or dtype is None
        or not name
        or raw[1] != np.dtype(dtype).itemsize * int(np.prod(shape, dtype=object))
    ):
        return None, b""
    return Weight(name, dtype, tuple(shape), raw[0], raw[1], offset), b"".join([*rest, _EXTERNAL])


def _fields(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """(number, wire type, begin of the field, begin and end of its value) of each field in data[at:end]."""
    while at < end:
        begin = at
        key, at = _read_varint(data, at)
        number, kind = key >> 3, key & 7
        start = at
        if kind == _VARINT:
            _, at = _read_varint(data, at)
        elif kind == _BYTES:
            length, start = _read_varint(data, at)
            at = start + length
        elif kind in (_FIXED32, _FIXED64):
            at += 4 if kind == _FIXED32 else 8
        else:
            raise GraphUnreadable(f"wire type {kind} is none that a graph has")
        if at > end:
            raise GraphUnreadable("a field is longer than what holds it")
        yield number, kind, begin, start, at


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise GraphUnreadable("a number has more than ten bytes")


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
