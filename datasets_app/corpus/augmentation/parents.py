"""What augmentation needs of an original: its words, its label, and what must stay in its split."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats import Converted
from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.reading import RawRow, read_rows
from datasets_app.corpus.structure import StructureRules

Messages = list[dict[str, str]]
#: A stream that may be read from its start as often as needed, always in the same order.
Originals = Callable[[], Iterator["Parent | str"]]
#: Why a row is no parent. Such a row stays in the corpus as it is: only no child is made of it.
UNREADABLE, UNLABELLED, UNTIED, AUGMENTED = "unreadable", "unlabelled", "untied", "augmented already"
_RULES: Final = StructureRules(posts_as_turns=True)


class Parent(msgspec.Struct, frozen=True, kw_only=True):
    """An original with a label. `group_keys` is what its children are tied to it by; never empty."""

    id: str
    messages: Messages
    content_hash: str
    crisis_type: str
    severity: int | None
    group_keys: list[str]
    confidence: float = 1.0
    is_edge_case: bool = False
    edge_case_kind: str = ""
    family: str = ""
    demographics: str = ""
    context: str = ""
    source: str = ""


def originals_in(paths: Sequence[Path], *, family: str = "") -> Originals:
    """Return the originals of conversation files; a row that is no parent comes as the reason why.

    `family` has to be the one the originals are compiled under: it scopes the ids that tie a child to its parent.
    """

    def read() -> Iterator[Parent | str]:
        for path in paths:
            for raw in read_rows(path, path.name):
                yield _parent_of(raw, family)

    return read


def _parent_of(raw: RawRow, family: str) -> Parent | str:
    try:
        prepared = prepare(raw, family, _RULES)
    except RowRejected:
        return UNREADABLE
    converted = prepared.converted
    given = converted.metadata.get("input", {})
    if given.get("source") == taxonomy.Source.AUGMENTED:
        return AUGMENTED
    if not converted.proposed_type:
        return UNLABELLED
    if not converted.group_keys:
        return UNTIED
    return parent_of(converted, prepared.content_hash, given, family)


def parent_of(converted: Converted, content_hash: str, given: dict[str, Any], family: str) -> Parent:
    """Return the parent that a converted row with a label and ties is."""
    metadata = given.get("metadata")
    said = metadata if isinstance(metadata, dict) else {}
    confidence = given.get("confidence")
    stated = float(confidence) if isinstance(confidence, int | float) and 0 <= confidence <= 1 else 1.0
    return Parent(
        id=converted.external_id or content_hash,
        messages=converted.messages,
        content_hash=content_hash,
        crisis_type=converted.proposed_type,
        severity=converted.proposed_severity,
        group_keys=converted.group_keys,
        confidence=stated,
        is_edge_case=converted.is_edge_case,
        edge_case_kind=converted.edge_case_kind,
        family=family,
        demographics=str(said.get("demographics", "")),
        context=str(said.get("context", "")),
        source=str(given.get("source", "")),
    )
