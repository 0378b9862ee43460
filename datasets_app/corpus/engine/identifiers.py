"""What the engine does about identifiers: replaces them in words of real people, only counts them in synthetic ones.

Fields of the input that are no dialogue may repeat what was said, so their texts are searched and replaced together
with it: the same person has the same placeholder in both.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from datasets_app.corpus.formats import Converted
from datasets_app.corpus.pii import redact, scan

from .layout import PII_STATES
from .settings import PiiMode

_SHORTEST: Final = 6  # no identifier that rules can find is shorter
_UNSCANNED: Final = PII_STATES.index("unscanned")
_CLEAN: Final = PII_STATES.index("clean")
_REDACTED: Final = PII_STATES.index("redacted")
_CHECKED: Final = PII_STATES.index("checked")


class Screen:
    """Applies one mode to conversation after conversation; `found` counts findings per kind."""

    def __init__(self, mode: PiiMode) -> None:
        self._mode = mode
        self.found: Counter[str] = Counter()

    def apply(self, converted: Converted) -> tuple[list[dict[str, str]], bool, int]:
        """Return the messages, whether they were changed, and the code of the state that the line takes."""
        messages = converted.messages
        if self._mode == "off":
            return messages, False, _UNSCANNED
        if self._mode == "check":
            for finding in scan(messages):
                self.found[finding.kind] += 1
            return messages, False, _CHECKED
        texts: list[str] = []
        _collect(converted.metadata.get("input"), texts)
        _collect(converted.metadata.get("non_text"), texts)
        everything = messages + [{"role": "user", "content": text} for text in texts] if texts else messages
        findings = scan(everything)
        if not findings:
            return messages, False, _CLEAN
        for finding in findings:
            self.found[finding.kind] += 1
        replaced = redact(everything, findings)
        spoken = len(messages)
        if len(replaced) > spoken:
            others = iter([row["content"] for row in replaced[spoken:]])
            for name in ("input", "non_text"):
                if name in converted.metadata:
                    converted.metadata[name] = _put_back(converted.metadata[name], others)
        return replaced[:spoken], replaced[:spoken] != messages, _REDACTED


def _collect(value: Any, texts: list[str]) -> None:
    """Gather the texts anywhere in a parsed value, in its own order."""
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            texts.append(value)
    elif isinstance(value, dict):
        for child in value.values():
            _collect(child, texts)
    elif isinstance(value, list):
        for child in value:
            _collect(child, texts)


def _put_back(value: Any, texts: Any) -> Any:
    """Return the value with its texts replaced in the same order."""
    if isinstance(value, str):
        return next(texts) if len(value) >= _SHORTEST else value
    if isinstance(value, dict):
        return {key: _put_back(child, texts) for key, child in value.items()}
    if isinstance(value, list):
        return [_put_back(child, texts) for child in value]
    return value
