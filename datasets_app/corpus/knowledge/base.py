"""What a knowledge base holds: a concept a line, in the order of their keys, and a manifest with their hash."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any, Final, Literal

import msgspec

FORMAT: Final = "pixelhub.knowledge/1"
MANIFEST_SUFFIX: Final = ".manifest"
Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, msgspec.Meta(min_length=1)]


class KnowledgeInvalid(ValueError):
    """A knowledge base or one of its inputs cannot be used; the message says why."""


class Definition(msgspec.Struct, frozen=True, order=True):
    """What a concept is by one source."""

    text: Text
    source: Text


class Concept(msgspec.Struct, frozen=True, kw_only=True):
    """A concept. Each source defines it once; `key` is its name as it is compared."""

    key: Text
    name: Text
    aliases: list[str] = []
    category: str = ""
    definitions: Annotated[list[Definition], msgspec.Meta(min_length=1)]


class InputFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read: read = taken + duplicates + refused."""

    name: str
    sha256: Sha256
    read: int
    taken: int
    duplicates: int
    refused: int


class KnowledgeManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. `version` is the SHA-256 of the concepts' file: the same concepts are the same version.

    `differing` are concepts that sources define differently (all kept), `ambiguous` names that stand for several
    concepts, `reasons` why entries were refused; those lie beside it with file, line and reason.
    """

    format: Literal["pixelhub.knowledge/1"]
    version: Sha256
    concepts: int
    definitions: int
    aliases: int
    read: int
    taken: int
    duplicates: int
    refused: int
    adds_up: bool
    reasons: dict[str, int]
    differing: list[str]
    ambiguous: dict[str, list[str]]
    categories: dict[str, int]
    inputs: list[InputFacts]


def key_of(name: str) -> str:
    """Return a name as names are compared: no case, no accents apart, no signs; "C-PTSD" and "c ptsd" are one."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(re.findall(r"\w+", plain.replace("_", " ")))


def knowledge_manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema of the manifest."""
    return msgspec.json.schema(KnowledgeManifest)
