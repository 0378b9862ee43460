# ruff: noqa: E501  (lists of samples)
"""Rows to try: dialogue in every shape, ordinary and broken, as bytes."""

import json
from typing import Any

from hypothesis import strategies as st

from datasets_app.corpus.parse import RowRejected, parse_json

WORDS = st.text(max_size=30) | st.sampled_from(
    [
        "I feel low.", " two  spaces\n\nand lines\t", "donâ€™t", "cafÃ\u00a0", "{{name}} said: no", 'quoted "key": 1', "\x07bell", "é",
        "e\u0301", "\u0301first", "a\r\nb", "\u2003wide\u2003\u2003", "İstanbul ΑΣ", "\ufeff", " ", "", "\x7f", "\\u0000", "Human: hi",
    ]
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
ROLES = st.sampled_from(
    ["user", "assistant", "system", "Human", "gpt", "Client", "therapist", "tool", "function_call", "nobody"]
)
SOUND_TURN = st.fixed_dictionaries({"role": ROLES, "content": WORDS}) | st.fixed_dictionaries(
    {"from": ROLES, "value": WORDS}
)
PART = WORDS | JSON | st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "image", "reasoning"])}, optional={"text": WORDS, "value": WORDS, "extra": WORDS}
)  # fmt: skip
TURN = SOUND_TURN | st.fixed_dictionaries(
    {},
    optional={
        "role": ROLES | JSON,
        "from": ROLES | JSON,
        "speaker": ROLES,
        "content": WORDS | st.lists(PART, max_size=3) | JSON,
        "value": WORDS | JSON,
        "text": WORDS | JSON,
        "extra": JSON,
    },
)
PARTS_TURN = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool"]), "content": st.lists(PART, min_size=1, max_size=3)}
)
DIALOGUE = (
    st.lists(SOUND_TURN | PARTS_TURN, min_size=1, max_size=3)
    | st.lists(SOUND_TURN, min_size=1, max_size=6)
    | st.lists(TURN, max_size=4)
    | st.lists(st.lists(TURN), max_size=3)
)
FIELDS = (
    "text", "instruction", "input", "output", "system", "history", "chosen", "rejected", "prompt", "posts", "id", "metadata", "label",
    "crisis_type", "severity", "is_edge_case", "author", "conversation_id", "other", "document", "words",
)  # fmt: skip
ROW = st.builds(
    lambda dialogue, rest: rest | dialogue,
    st.dictionaries(st.sampled_from(["messages", "conversations", "conversation"]), DIALOGUE, max_size=1),
    st.dictionaries(st.sampled_from(FIELDS), WORDS | JSON | DIALOGUE, max_size=4),
)


def compact(row: Any) -> bytes:
    """JSON without spaces, as orjson writes it."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def escaped(row: Any) -> bytes:
    """JSON with spaces and with every other character escaped, as Python writes it."""
    return json.dumps(row).encode()


def doubled(row: Any) -> bytes:
    """JSON whose every object names its first key twice, the second time with a space before the colon."""
    text = json.dumps(row)
    return text.replace('": ', '" : ', 1).replace('{"', '{"role":"user","', 1).encode()


RAW = st.builds(
    lambda row, write: write(row), JSON | ROW, st.sampled_from([compact, escaped, doubled])
) | st.builds(lambda raw, cut: raw[:cut], st.builds(compact, ROW), st.integers(0, 80))  # fmt: skip


def holds_several(row: dict[str, Any]) -> bool:
    """Whether the dialogue of a row is a list of dialogues, so that it is read as several rows."""
    for key in ("messages", "conversations", "conversation"):
        if isinstance(row.get(key), list):
            found = row[key]
            return bool(found) and all(_is_dialogue(dialogue) for dialogue in found)
    return False


def is_read_as_several(row: dict[str, Any]) -> bool:
    """A row that the strict parser refuses stays whole: it is quarantined as it came."""
    try:
        parse_json(json.dumps(row).encode())
    except RowRejected:
        return False
    return holds_several(row)


def _is_dialogue(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(turn, dict) and {"role", "from", "speaker"} & set(turn) for turn in value)
    )
