"""The bundle: the folder of files that is registered, signed off and served, named by the hash of bundle.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from datasets_app.corpus.taxonomy import CRISIS_TYPES
from pixelhub.canonical import canonical_json, sha256_file, sha256_hex

from .errors import BundleRefused
from .files import bytes_write

FORMAT: Final = "pixelhub.bundle/1"
DOCUMENT: Final = "bundle.json"
MODEL: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
HEAD: Final = "head.safetensors"
FILES: Final = (HEAD, MODEL, TOKENIZER)
# A model that is no ONNX graph, too large or quantised: what learned, for a backbone that is named by its hash.
TORCH_FORMAT: Final = "pixelhub.torch-bundle/1"
WEIGHTS: Final = "weights.safetensors"
FILES_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {FORMAT: FILES, TORCH_FORMAT: (HEAD, TOKENIZER, WEIGHTS)}
)


@dataclass(frozen=True)
class FrozenBundle:
    """A bundle whose every byte was checked; only such a one may open a test split."""

    folder: Path
    document: dict[str, Any]
    sha256: str

    @property
    def is_torch(self) -> bool:
        """Whether it is answered by torch on its backbone, not by an ONNX graph of its own."""
        return bool(self.document["format"] == TORCH_FORMAT)

    @property
    def temperature(self) -> float:
        return float(self.document["temperature"])

    @property
    def threshold(self) -> float:
        return float(self.document["threshold"])

    @property
    def lineage(self) -> dict[str, Any]:
        lineage: dict[str, Any] = self.document["lineage"]
        return lineage


def bundle_write(
    folder: Path,
    *,
    max_length: int,
    last_messages: int,
    temperature: float,
    threshold: float,
    encoder: dict[str, str],
    lineage: dict[str, Any],
    form: str = FORMAT,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> FrozenBundle:
    """Write bundle.json over the files that lie in the folder and return the bundle, checked.

    `form` is FORMAT or TORCH_FORMAT, `more` what the document of the latter says of its model.
    """
    files = {
        name: {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size} for name in FILES_OF[form]
    }
    document = {
        **more,
        "format": form,
        "labels": list(CRISIS_TYPES),
        "max_length": max_length,
        "last_messages": last_messages,
        "temperature": temperature,
        "threshold": threshold,
        "encoder": encoder,
        "files": files,
        "lineage": lineage,
    }
    bytes_write(canonical_json(document), folder / DOCUMENT)
    return bundle_open(folder)


def bundle_open(folder: Path) -> FrozenBundle:
    """Return a bundle after checking its document and every byte of its files. Raises BundleRefused with the reason."""
    try:
        raw = (folder / DOCUMENT).read_bytes()
        document = orjson.loads(raw)
    except (OSError, orjson.JSONDecodeError) as problem:
        raise BundleRefused(f"{DOCUMENT} is missing or not JSON") from problem
    if not isinstance(document, dict) or document.get("format") not in FILES_OF:
        raise BundleRefused(f"{DOCUMENT} is not of the format {' or '.join(FILES_OF)}")
    if document.get("labels") != list(CRISIS_TYPES):
        raise BundleRefused("the bundle's labels are not this product's crisis types in their order")
    files = document.get("files")
    expected_names = FILES_OF[document["format"]]
    if not isinstance(files, dict) or set(files) != set(expected_names):
        raise BundleRefused(f"the bundle must hold exactly {', '.join(expected_names)}")
    for name, expected in files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise BundleRefused(f"{name} is missing")
        if sha256_file(path) != expected["sha256"] or path.stat().st_size != expected["bytes"]:
            raise BundleRefused(f"{name} is not the file that {DOCUMENT} names")
    return FrozenBundle(folder, document, sha256_hex(raw))
