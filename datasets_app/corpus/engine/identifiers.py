"""What the engine does about identifiers: replaces them in words of real people, only counts them in synthetic ones.

Fields of the input that are no dialogue may repeat what was said, so their texts are searched and replaced together
with it: the same person has the same placeholder in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from datasets_app.corpus import taxonomy
from datasets_app.corpus.formats import Converted
from datasets_app.corpus.pii import Finding, redact, scan_many

from .layout import PII_STATES
from .settings import PiiMode

_FIELDS: Final = ("input", "non_text")
_SHORTEST: Final = 3  # a name in a field of its own has three letters or more
_VOCABULARY: Final = frozenset(
    (*taxonomy.CRISIS_TYPES, *taxonomy.SOURCES, *taxonomy.FAMILIES, *taxonomy.EDGE_CASE_KINDS, *taxonomy.ROLES)
)
_UNSCANNED: Final = PII_STATES.index("unscanned")
_CLEAN: Final = PII_STATES.index("clean")
_REDACTED: Final = PII_STATES.index("redacted")
_CHECKED: Final = PII_STATES.index("checked")


class Screen:
    """Applies one mode to conversations; `found` counts findings per kind."""

    def __init__(self, mode: PiiMode) -> None:
        self._mode = mode
        self.found: Counter[str] = Counter()

    def apply(self, batch: Sequence[Converted]) -> list[tuple[list[dict[str, str]], bool, int]]:
        """Return of each its messages, whether they were changed, and the code of the state that its line takes."""
        if self._mode == "off":
            return [(converted.messages, False, _UNSCANNED) for converted in batch]
        if self._mode == "check":
            self._count(scan_many([converted.messages for converted in batch]))
            return [(converted.messages, False, _CHECKED) for converted in batch]
        searched = [_with_fields(converted) for converted in batch]
        findings = scan_many(searched)
        self._count(findings)
        return [
            _redacted(converted, everything, found) if found else (converted.messages, False, _CLEAN)
            for converted, everything, found in zip(batch, searched, findings, strict=True)
        ]

    def _count(self, findings: Sequence[Sequence[Finding]]) -> None:
        for of_one in findings:
            for finding in of_one:
                self.found[finding.kind] += 1


def _with_fields(converted: Converted) -> list[dict[str, str]]:
    """Return the messages and, as further ones, the texts of all fields that are no dialogue, the id last."""
    texts: list[str] = []
    for name in _FIELDS:
        if name in converted.metadata:
            _collect(converted.metadata[name], texts)
    if _may_tell(converted.external_id):
        texts.append(converted.external_id)
    return converted.messages + [{"role": "user", "content": text} for text in texts] if texts else converted.messages


def _redacted(
    converted: Converted, everything: list[dict[str, str]], findings: list[Finding]
) -> tuple[list[dict[str, str]], bool, int]:
    replaced = redact(everything, findings)
    spoken = len(converted.messages)
    if len(replaced) > spoken:
        others = iter([row["content"] for row in replaced[spoken:]])
        for name in _FIELDS:
            if name in converted.metadata:
                converted.metadata[name] = _put_back(converted.metadata[name], others)
    if _may_tell(converted.external_id) and replaced[-1]["content"] != converted.external_id:
        converted.external_id = ""  # the line is named by its content then
    messages = replaced[:spoken]
    return messages, messages != converted.messages, _REDACTED


def _may_tell(external_id: str) -> bool:
    """Whether an id could be an address or a number of somebody; letters and digits in a row are none."""
    return bool(external_id) and not external_id.isalnum()


def _is_searched(text: str) -> bool:
    return len(text) >= _SHORTEST and text not in _VOCABULARY


def _collect(value: Any, texts: list[str]) -> None:
    """Gather the texts anywhere in a parsed value, in its own order."""
    if isinstance(value, str):
        if _is_searched(value):
            texts.append(value)
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            if child is not None and type(child) is not int:
                _collect(child, texts)


def _put_back(value: Any, texts: Iterator[str]) -> Any:
    """Return the value with its texts replaced in the same order."""
    if isinstance(value, str):
        return next(texts) if _is_searched(value) else value
    if isinstance(value, dict):
        return {key: _put_back(child, texts) for key, child in value.items()}
    if isinstance(value, list):
        return [_put_back(child, texts) for child in value]
    return value
