"""Model folders are strangers' bytes: what lies in one is checked before any of it is loaded, and nothing is executed.

Read are safetensors and JSON alone. A pickle runs code when it is read, `auto_map` names Python files to be imported,
an index can point outside its folder, and a header can promise more than the file holds: each is refused by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

from .errors import EncoderRefused

CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
WEIGHTS: Final = "model.safetensors"
INDEX: Final = "model.safetensors.index.json"
ADAPTER: Final = "adapter_config.json"

MIB: Final = 1 << 20
MAX_HEADER_BYTES: Final = 16 * MIB
MAX_FILES: Final = 2_000
# Weights come in shards of some gigabytes, and hashing lets go of the interpreter: a few are read at once.
HASHING_THREADS: Final = 4
# The vocabularies of 250,000 words with their merges are 35 MB; no other JSON of a model is long.
MAX_JSON_BYTES: Final[Mapping[str, int]] = {TOKENIZER: 128 * MIB, INDEX: 16 * MIB}
MAX_OTHER_JSON_BYTES: Final = 4 * MIB
# What a library may read. Others are searched for code too, but for large ones: vocabularies of other tokenizers, which
# nothing reads here.
READ_JSON: Final = frozenset({CONFIG, TOKENIZER, INDEX, "generation_config.json", "tokenizer_config.json"})
# Read by pickle, by Keras, or run as Python.
EXECUTABLE_SUFFIXES: Final = frozenset(
    {
        *(".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".dill", ".npy", ".npz", ".mar", ".nemo"),
        *(".h5", ".hdf5", ".keras", ".py", ".pyc", ".so", ".sh"),
    }
)
# Keys under which a configuration names code to import or to fetch.
CODE_KEYS: Final = frozenset({"auto_map", "custom_pipelines", "trust_remote_code", "custom_generate", "code_revision"})
# A name here is looked up on the hub and its code is run.
KERNEL_KEYS: Final = frozenset({"attn_implementation", "_attn_implementation", "_attn_implementation_internal"})
_PLAIN_SHARD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.safetensors")
_WIDTHS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 1),
    **dict.fromkeys(("U16", "I16", "F16", "BF16"), 2),
    **dict.fromkeys(("U32", "I32", "F32"), 4),
    **dict.fromkeys(("U64", "I64", "F64"), 8),
}


@dataclass(frozen=True)
class BackboneFiles:
    """A checked model folder. `sha256` is the identity of what decides its answers: configuration and weights."""

    folder: Path
    config: dict[str, Any]
    weights: tuple[Path, ...]
    sha256: str

    @property
    def tokenizer(self) -> Path:
        return self.folder / TOKENIZER

    @property
    def name(self) -> str:
        return self.folder.name


def backbone_check(folder: Path) -> BackboneFiles:
    """Return the files of a Hugging Face model folder after checking them all. Raises EncoderRefused with the reason.

    Reads every byte of the weights once, for their hash.
    """
    names = folder_check(folder)
    for name in (CONFIG, TOKENIZER):
        if name not in names:
            raise EncoderRefused(f"the model folder has no {name}")
    if ADAPTER in names:
        raise EncoderRefused(f"the model folder holds an adapter ({ADAPTER}); give the folder of its base model")
    config: Any = None
    for name in names:
        if name.endswith(".json") and (name in READ_JSON or _is_small(folder / name)):
            document = json_check(folder / name)
            if name == CONFIG:
                config = document
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise EncoderRefused(f"{CONFIG} does not name a model_type")
    if "quantization_config" in config:
        raise EncoderRefused(
            f"{CONFIG} describes quantised weights; give the original ones (qlora quantises by itself)"
        )
    weights = tuple(folder / name for name in _weight_names(folder, names))
    for path in weights:
        safetensors_check(path)
    read = (folder / CONFIG, *weights)
    with ThreadPoolExecutor(HASHING_THREADS) as pool:
        parts = [[path.name, sha256] for path, sha256 in zip(read, pool.map(sha256_file, read), strict=True)]
    return BackboneFiles(folder, config, weights, sha256_hex(canonical_json(parts)))


def folder_check(folder: Path) -> list[str]:
    """Return the names of the files that lie directly in a folder. Raises EncoderRefused.

    Refuses links, anything that is no file or folder, and files that run code when they are read, at any depth.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise EncoderRefused("the model folder does not exist or is a link")
    names = []
    for number, path in enumerate(_entries(folder), start=1):
        if number > MAX_FILES:
            raise EncoderRefused(f"the model folder holds more than {MAX_FILES} files")
        shown = _shown(str(path.relative_to(folder)))
        if path.is_symlink():
            raise EncoderRefused(f"{shown} is a link; copy the files themselves (hf download … --local-dir FOLDER)")
        if path.is_dir():
            continue
        if not path.is_file():
            raise EncoderRefused(f"{shown} is no plain file")
        if EXECUTABLE_SUFFIXES & {suffix.lower() for suffix in path.suffixes}:
            raise EncoderRefused(
                f"{shown} can run code when it is read; only safetensors and JSON are: take it out of the folder"
            )
        if path.parent == folder:
            names.append(path.name)
    return sorted(names)


def json_check(path: Path) -> Any:
    """Return the content of a model's JSON file, refusing oversized files and any that names code. EncoderRefused."""
    limit = MAX_JSON_BYTES.get(path.name, MAX_OTHER_JSON_BYTES)
    try:
        if path.stat().st_size > limit:
            raise EncoderRefused(f"{_shown(path.name)} is larger than {limit // MIB} MB")
        document = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as problem:
        raise EncoderRefused(f"{_shown(path.name)} is not JSON") from problem
    # Vocabularies hold any word, so only what configures is searched for keys.
    if path.name not in MAX_JSON_BYTES:
        _refuse_code(document, path.name)
    return document


def safetensors_check(path: Path) -> dict[str, Any]:
    """Return the header of a safetensors file after checking that it describes exactly the file's bytes.

    Raises EncoderRefused for a header that is too long, no JSON, or whose offsets overlap, leave holes, point outside
    or do not fit shape and type.
    """
    shown = _shown(path.name)
    if path.is_symlink() or not path.is_file():
        raise EncoderRefused(f"{shown} is missing or a link")
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if size < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, size - 8):
            raise EncoderRefused(f"{shown} is no safetensors file: its header claims {length} bytes of {size}")
        raw = stream.read(length)
    try:
        header = orjson.loads(raw)
    except orjson.JSONDecodeError as problem:
        raise EncoderRefused(f"{shown} is no safetensors file: its header is not JSON") from problem
    if not isinstance(header, dict):
        raise EncoderRefused(f"{shown} is no safetensors file: its header is no object")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise EncoderRefused(f"{shown}: its metadata is not made of strings")
    end = 0
    for begin, after in sorted(_extent(entry, shown) for entry in header.values()):
        if begin != end:
            raise EncoderRefused(f"{shown}: the offsets of its tensors overlap or leave a hole")
        end = after
    if end != size - 8 - length:
        raise EncoderRefused(f"{shown}: its tensors do not cover the file")
    return header


def _extent(entry: Any, shown: str) -> tuple[int, int]:
    """Return the byte range of one tensor after checking it against its type and shape."""
    try:
        width, shape, (begin, end) = _WIDTHS[entry["dtype"]], entry["shape"], entry["data_offsets"]
        if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
            raise ValueError("not a natural number")
        fits = end - begin == width * math.prod(shape)
    except (KeyError, TypeError, ValueError) as problem:
        raise EncoderRefused(f"{shown}: a tensor is described wrongly in its header") from problem
    if not fits:
        raise EncoderRefused(f"{shown}: the offsets of a tensor do not fit its shape")
    return begin, end


def _is_small(path: Path) -> bool:
    return path.stat().st_size <= MAX_OTHER_JSON_BYTES


def _weight_names(folder: Path, names: list[str]) -> list[str]:
    if INDEX not in names:
        if WEIGHTS not in names:
            raise EncoderRefused(f"the model folder has no weights: neither {WEIGHTS} nor {INDEX}")
        return [WEIGHTS]
    document = orjson.loads((folder / INDEX).read_bytes())
    places = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(places, dict) or not places:
        raise EncoderRefused(f"{INDEX} does not map weights to files")
    for place in places.values():
        if not isinstance(place, str) or not _PLAIN_SHARD.fullmatch(place):
            raise EncoderRefused(f"{INDEX} names a file that is no plain safetensors name: {_shown(str(place))}")
        if place not in names:
            raise EncoderRefused(f"{INDEX} names {_shown(place)}, which is not in the folder")
    return sorted(set(places.values()))


def _refuse_code(value: Any, name: str) -> None:
    shown = _shown(name)
    for key, inner in _pairs(value):
        if key in CODE_KEYS:
            raise EncoderRefused(
                f"{shown} asks for code to be run ({key}); only models that transformers knows are read"
            )
        if key in KERNEL_KEYS and inner not in (None, "eager", "sdpa"):
            raise EncoderRefused(f"{shown} names an attention kernel to be fetched ({key})")


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, at any depth; without recursion, since depth is the stranger's choice."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield from current.items()
            waiting.extend(current.values())
        elif isinstance(current, list):
            waiting.extend(current)


def _entries(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder without ever following a link."""
    waiting = [folder]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            yield path
            if path.is_dir() and not path.is_symlink():
                waiting.append(path)


def _shown(name: str) -> str:
    """Return a stranger's name without control characters and not longer than a line."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:120]
