"""Rows to replies that can be compared: what was asked word for word, one answer, and how safe it was judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats.record import Converted, describe
from datasets_app.corpus.formats.turns import Turns
from datasets_app.corpus.hashing import content_hash
from datasets_app.corpus.intake import prepare
from datasets_app.corpus.parse import RowRejected, parse_quickly
from datasets_app.corpus.reading import RawRow
from datasets_app.corpus.stages.facts import facts_of

from .judging import judged
from .long_running import RULES
from .picking import Found, Passed, Place
from .units import KEY_BYTES

SET: Final = "preference_pairs"
_REPLIES: Final = ("replies", "responses", "completions", "candidates")
_PROMPTS: Final = ("prompt", "messages", "conversation", "context", "question")
_SAID: Final = ("content", "text", "value", "reply", "response")
Message = dict[str, str]


class PairOptions(msgspec.Struct, frozen=True, kw_only=True):
    """A pair's chosen reply is safer by `margin` at least and not below `floor`; `per_prompt` pairs at most."""

    margin: float = 0.25
    floor: float = 0.7
    per_prompt: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.margin <= 1 or not 0 <= self.floor <= 1:
            raise ValueError("a margin lies above 0 and not above 1, a floor between 0 and 1")
        if self.per_prompt < 1:
            raise ValueError("a prompt gives at least one pair")


class ReplyPicker:
    """Takes the last reply of a dialogue, both of a preference row, or all of a row with several."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        msgspec.convert(options, PairOptions)

    def pick(self, raw: RawRow, place: Place) -> list[Found]:
        """Return the replies, each with its prompt and the key of the prompt."""
        row = None if raw.is_text or raw.problem else parse_quickly(raw.as_json or raw.raw)
        if isinstance(row, dict) and (name := next((key for key in _REPLIES if isinstance(row.get(key), list)), "")):
            return self._several(row, name, raw, place)
        converted = prepare(raw, place.family, RULES).converted
        if isinstance(row, dict) and row.get("chosen") is not None and row.get("rejected") is not None:
            return self._preferred(row, converted, raw, place)
        if converted.messages[-1]["role"] != "assistant" or len(converted.messages) < 2:
            raise Passed("no_reply")
        prompt, reply = converted.messages[:-1], converted.messages[-1]["content"]
        return [self._found(prompt, reply, [*_layers(converted)], converted, raw, place)]

    def sums(self) -> dict[str, dict[str, float]]:
        """This set has no tables."""
        return {}

    def _several(self, row: dict[str, Any], name: str, raw: RawRow, place: Place) -> list[Found]:
        prompt = _prompt(row)
        found = []
        for number, given in enumerate(row[name], start=1):
            reply = Turns()
            said = next((given[key] for key in _SAID if key in given), None) if isinstance(given, dict) else given
            if not isinstance(said, str):
                raise RowRejected("bad_content", f"reply {number} holds no text")
            reply.add("assistant", said)
            if not reply.messages:
                raise RowRejected("empty", f"reply {number} holds no text")
            rest = {key: value for key, value in row.items() if key != name}
            converted = describe(row, "replies", [*prompt, *reply.messages], rest, place.family)
            layers = [given] if isinstance(given, dict) else []
            found.append(self._found(prompt, reply.messages[0]["content"], layers, converted, raw, place))
        if not found:
            raise Passed("no_reply")
        return found

    def _preferred(self, row: dict[str, Any], converted: Converted, raw: RawRow, place: Place) -> list[Found]:
        """Return both replies of a row that says itself which one is preferred."""
        sides = {}
        for side in ("chosen", "rejected"):
            messages = prepare(_as(raw, row, side), place.family, RULES).converted.messages
            if messages[-1]["role"] != "assistant":
                raise RowRejected("bad_content", f"{side} does not end with a reply")
            sides[side] = (messages[:-1], messages[-1]["content"])
        if sides["chosen"][0] != sides["rejected"][0] or not sides["chosen"][0]:
            raise RowRejected("prompts_differ", "chosen and rejected do not answer the same prompt")
        found = []
        for side, (prompt, reply) in sides.items():
            beside = row.get(f"{side}_metadata")
            layers = [beside] if isinstance(beside, dict) else []
            one = self._found(prompt, reply, layers, converted, raw, place)
            one.record["preferred"] = side == "chosen"
            found.append(one)
        return found

    def _found(
        self,
        prompt: list[Message],
        reply: str,
        layers: Sequence[Mapping[str, Any]],
        converted: Converted,
        raw: RawRow,
        place: Place,
    ) -> Found:
        facts = facts_of(converted.metadata, family=place.family, stage=place.stage, source=place.entry.source)
        split = next((value for layer in _layers(converted) if (value := layer.get("split")) in taxonomy.SPLITS), "")
        if split in ("val", "test"):
            raise Passed("held_back")
        crisis_type = converted.proposed_type or None
        safety = judged(layers, prompt, reply, crisis_type, converted.proposed_severity)
        record = {
            "prompt": prompt,
            "reply": reply,
            "preferred": None,
            "scores": safety.scores,
            "reasons": safety.reasons,
            "crisis_type": crisis_type,
            "severity": converted.proposed_severity,
            "is_edge_case": converted.is_edge_case,
            "edge_case_kind": converted.edge_case_kind,
            "source": facts.source,
            "split": split or ("train" if "shards/train/" in place.name else ""),
            "group_keys": converted.group_keys,
            "parent": {
                "id": converted.external_id,
                "content_hash": content_hash([*prompt, {"role": "assistant", "content": reply}]),
                "source_family": facts.family,
                "file": place.name,
                "byte_offset": raw.offset,
                "raw_sha256": hashlib.sha256(raw.raw).hexdigest(),
                "licence": place.entry.licence,
                "consent": place.entry.consent,
            },
        }
        return Found(record, hashlib.sha256(orjson.dumps(prompt)).digest()[:KEY_BYTES])


def _as(raw: RawRow, row: Mapping[str, Any], side: str) -> RawRow:
    """Return the row as if one side were the reply that it prefers."""
    turned = {key: value for key, value in row.items() if key != "rejected"} | {"chosen": row[side]}
    return RawRow(raw.line, raw.offset, orjson.dumps(turned))


def _layers(converted: Converted) -> Iterator[Mapping[str, Any]]:
    """Yield what a row and its metadata say."""
    row = converted.metadata.get("input")
    if isinstance(row, Mapping):
        yield row
        if isinstance(row.get("metadata"), Mapping):
            yield row["metadata"]


def _prompt(row: Mapping[str, Any]) -> list[Message]:
    said = next((row[key] for key in _PROMPTS if row.get(key)), None)
    if said is None:
        raise RowRejected("missing_content", "there are replies and no prompt")
    turns = Turns()
    turns.add_system(row.get("system"))
    turns.add_speech(said, "user")
    if not turns.messages or turns.messages[-1]["role"] != "user":
        raise RowRejected("bad_content", "the prompt does not end with what a user says")
    return turns.messages
