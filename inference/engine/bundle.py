"""Read a model bundle into memory and prove every byte before anything is loaded.

The bytes that are hashed here are the bytes that the runtime receives: there is no second read, so nothing can
be exchanged between the check and the use. `bundle_sha256` is the SHA-256 of `bundle.json`, which in turn names the
SHA-256 and size of every other file. A bundle holds an ONNX graph, or (its other form) tensors for a backbone that it
names by hash and that lies elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from datasets_app.corpus.render import LAST_MESSAGES
from datasets_app.corpus.taxonomy import CRISIS_TYPES
from inference.engine.errors import BundleRefused
from pixelhub.canonical import sha256_hex

FORMAT = "pixelhub.bundle/1"
TORCH_FORMAT = "pixelhub.torch-bundle/1"
INDEX = "bundle.json"
#: Texts that go through a model together, at the most, where that leaves their scores alone.
BATCH = 8
#: Every file a bundle may hold, with the most bytes we are ready to read of it.
ALLOWED_FILES: Mapping[str, int] = {
    "model.onnx": 2_000_000_000,
    "tokenizer.json": 50_000_000,
    "head.safetensors": 200_000_000,
    "weights.safetensors": 8_000_000_000,
}
#: What is loaded of each form; anything else that a bundle lists is checked alike.
REQUIRED_FILES: Mapping[str, frozenset[str]] = {
    FORMAT: frozenset({"model.onnx", "tokenizer.json"}),
    TORCH_FORMAT: frozenset({"head.safetensors", "tokenizer.json", "weights.safetensors"}),
}
MAX_INDEX_BYTES = 256_000
MAX_SAFETENSORS_HEADER = 1_000_000

# The key of an external-data entry in a TensorProto (StringStringEntryProto key="location"), over-long varints
# included: a model with external data would make onnxruntime read files that nobody hashed.
_EXTERNAL_DATA = re.compile(rb"(?:\x0a|\x8a\x80*\x00)(?:\x08|\x88\x80*\x00)location", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")

#: read(name, limit) -> at most limit + 1 bytes of the named bundle file; raises FileNotFoundError when it is absent.
Reader = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Bundle:
    """A proven bundle: settings for scoring and the very bytes that were hashed."""

    sha256: str
    labels: tuple[str, ...]
    max_length: int
    last_messages: int
    temperature: float
    threshold: float
    lineage: Mapping[str, Any]
    form: str
    document: Mapping[str, Any]
    contents: Mapping[str, bytes]


def load_bundle(read: Reader, *, expected_sha256: str, names: list[str] | None = None) -> Bundle:
    """Read and prove a bundle.

    Args:
        read: gives the bytes of a file of the bundle by its name; see `Reader`.
        expected_sha256: digest of bundle.json that the sign-off names, 64 hex digits.
        names: all file names that lie in the bundle's place, when the place can list them; unknown ones are refused.

    Raises:
        BundleRefused: naming the file at fault and why.
    """
    for name in names or []:
        if name != INDEX:
            check_name(name)
    index_bytes = _read(read, INDEX, MAX_INDEX_BYTES)
    if sha256_hex(index_bytes) != expected_sha256:
        raise BundleRefused(INDEX, "its SHA-256 is not the one that was signed")
    index = _parse_index(index_bytes)
    contents: dict[str, bytes] = {}
    for name, entry in _file_entries(index).items():
        data = _read(read, name, int(entry["bytes"]))
        if len(data) != entry["bytes"]:
            raise BundleRefused(name, "its size is not the one in bundle.json")
        if sha256_hex(data) != entry["sha256"]:
            raise BundleRefused(name, "its SHA-256 is not the one in bundle.json")
        _check_content(name, data)
        if name in REQUIRED_FILES[index["format"]]:
            contents[name] = data
    return _bundle(index, expected_sha256, contents)


def folder_reader(folder: Path) -> tuple[Reader, list[str]]:
    """A reader over a local folder, and the names in it; links and sub-folders are refused."""
    names = []
    for entry in sorted(folder.iterdir()):
        if entry.is_symlink():
            raise BundleRefused(entry.name, "links are not allowed in a bundle")
        if not entry.is_file():
            raise BundleRefused(entry.name, "only plain files are allowed in a bundle")
        names.append(entry.name)

    def read(name: str, limit: int) -> bytes:
        with (folder / name).open("rb") as stream:
            return stream.read(limit + 1)

    return read, names


def check_name(name: str) -> None:
    """Refuse a file name that a bundle may not hold: paths, pickles, anything unknown."""
    if name != PurePosixPath(name).name or name in {"", ".", ".."} or "\\" in name or "\x00" in name:
        raise BundleRefused(repr(name)[:80], "is a path, not a plain file name")
    if name not in ALLOWED_FILES:
        raise BundleRefused(repr(name)[:80], "is not a file that a bundle may hold")


def _read(read: Reader, name: str, limit: int) -> bytes:
    try:
        data = read(name, limit)
    except FileNotFoundError:
        raise BundleRefused(name, "is missing") from None
    if len(data) > limit:
        raise BundleRefused(name, f"is larger than {limit} bytes")
    return data


def _parse_index(data: bytes) -> dict[str, Any]:
    try:
        index = orjson.loads(data)
    except orjson.JSONDecodeError:
        raise BundleRefused(INDEX, "is not JSON") from None
    if not isinstance(index, dict) or index.get("format") not in REQUIRED_FILES:
        raise BundleRefused(INDEX, f"its format is not {' or '.join(REQUIRED_FILES)}")
    if tuple(index.get("labels") or ()) != tuple(str(label) for label in CRISIS_TYPES):
        raise BundleRefused(INDEX, "its labels are not the crisis types in their order")
    return index


def _file_entries(index: dict[str, Any]) -> dict[str, dict[str, Any]]:
    files = index.get("files")
    if not isinstance(files, dict):
        raise BundleRefused(INDEX, "has no table of files")
    for name, entry in files.items():
        check_name(name)
        if not isinstance(entry, dict) or not _SHA256.fullmatch(str(entry.get("sha256"))):
            raise BundleRefused(name, "has no SHA-256 in bundle.json")
        size = entry.get("bytes")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 < size <= ALLOWED_FILES[name]:
            raise BundleRefused(name, "its size in bundle.json is missing or over the limit")
    missing = REQUIRED_FILES[index["format"]] - files.keys()
    if missing:
        raise BundleRefused(sorted(missing)[0], "is not listed in bundle.json")
    return files


def _check_content(name: str, data: bytes) -> None:
    if name == "model.onnx" and _EXTERNAL_DATA.search(data):
        raise BundleRefused(name, "refers to data outside of its own bytes")
    if name.endswith(".safetensors"):
        header = int.from_bytes(data[:8], "little")
        if len(data) < 8 or header > min(MAX_SAFETENSORS_HEADER, len(data) - 8):
            raise BundleRefused(name, "its safetensors header is oversized")


def _bundle(index: dict[str, Any], sha256: str, contents: Mapping[str, bytes]) -> Bundle:
    lineage = index.get("lineage")
    return Bundle(
        sha256=sha256,
        labels=tuple(index["labels"]),
        max_length=int(_number(index, "max_length", 8, 8192)),
        last_messages=int(_number(index, "last_messages", 1, LAST_MESSAGES)),
        temperature=_number(index, "temperature", 0.01, 100.0),
        threshold=_number(index, "threshold", 0.0, 1.0),
        lineage=lineage if isinstance(lineage, dict) else {},
        form=index["format"],
        document=index,
        contents=contents,
    )


def _number(index: dict[str, Any], key: str, low: float, high: float) -> float:
    value = index.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BundleRefused(INDEX, f"{key} is missing or outside {low}..{high}")
    return float(value)
