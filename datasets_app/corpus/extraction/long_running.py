"""Long-running therapy: conversations of at least so many turns, as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from datasets_app.corpus.engine.settings import Input
from datasets_app.corpus.intake import Prepared, prepare
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.stages.facts import facts_of
from datasets_app.corpus.structure import StructureRules

from .picking import Found, Passed, Place

#: Long ones are what is looked for, so no rule here holds a conversation to a largest length.
RULES: Final = StructureRules(max_turns=None, max_turn_chars=None)


class LongOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`min_turns` counts what people and assistants say; a system message is no turn."""

    min_turns: int = 20

    def __post_init__(self) -> None:
        if self.min_turns < 1:
            raise ValueError("a conversation has at least one turn")


class LongPicker:
    """Takes whole conversations by their number of turns, and by nothing else."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = msgspec.convert(options, LongOptions)

    def pick(self, raw: RawRow, place: Place) -> list[Found]:
        """Return the conversation, its words unchanged."""
        prepared = prepare(raw, place.family, RULES)
        turns = sum(message["role"] != "system" for message in prepared.converted.messages)
        if turns < self._options.min_turns:
            raise Passed("too_short")
        record = converted_record(prepared, raw, place)
        record["metadata"]["turns"] = turns
        return [Found(record)]

    def sums(self) -> dict[str, dict[str, float]]:
        """This set has no tables."""
        return {}


def converted_record(prepared: Prepared, raw: RawRow, place: Place) -> dict[str, Any]:
    """Return a record of docs/schema/record.schema.json that belongs to a set.

    Its ties are those of the conversation where it was found (`extracted_from`), so that it lands in the split that the
    conversation itself lands in. It stays an edge case if it was one.
    """
    converted = prepared.converted
    facts = facts_of(converted.metadata, family=place.family, stage=place.stage, source=place.entry.source)
    return {
        "id": converted.external_id or prepared.content_hash,
        "messages": converted.messages,
        "crisis_type": converted.proposed_type or None,
        "severity": converted.proposed_severity,
        "metadata": {
            "content_hash": prepared.content_hash,
            "source_family": place.to_family,
            "stage": place.to_stage,
            "source": facts.source,
            "is_training_edge_case": converted.is_edge_case,
            "edge_case_kind": converted.edge_case_kind,
            "group_keys": converted.group_keys,
            "extracted_from": facts.family,
            "provenance": provenance_of(raw, place.name, prepared.raw_sha256, place.entry),
            "origin": converted.metadata,
        },
    }


def provenance_of(raw: RawRow, name: str, raw_sha256: str, entry: Input) -> dict[str, Any]:
    """Return where a row was read. The line counts within its unit until the coordinator adds what lies before."""
    return {
        "file": name,
        "line": raw.line,
        "byte_offset": raw.offset,
        "raw_sha256": raw_sha256,
        "licence": entry.licence,
        "consent": entry.consent,
    }
