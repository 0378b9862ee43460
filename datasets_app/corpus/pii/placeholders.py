"""Placeholders that keep the context: one number per person and per value throughout a conversation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from .finding import NUMBERED, STEMS, Finding


class Numbering:
    """Gives the same person the same number; numbers that the conversation holds already are left out."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._last: Counter[str] = Counter()
        self._known: dict[tuple[str, str], int] = {}
        # Everybody known so far by each part of their names.
        self._people: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for text in texts:
            if "_" in text:
                for stem, number in NUMBERED.findall(text):
                    self._last[stem] = max(self._last[stem], int(number))

    def placeholder(self, kind: str, words: str) -> str:
        """Return the placeholder for these words, the one that stands for them already if there is one."""
        stem = STEMS[kind]
        number = self._person(words) if kind == "personal_name" else self._value(kind, words)
        return f"[{stem}_{number}]"

    def _value(self, kind: str, words: str) -> int:
        key = (kind, _plain(kind, words))
        if key not in self._known:
            self._known[key] = self._next(STEMS[kind])
        return self._known[key]

    def _person(self, words: str) -> int:
        parts = tuple(re.findall(r"[^\W\d_]+", words.lower()))
        for known, number in self._people.get(parts[0], []) if parts else []:
            if set(parts) <= set(known) or (set(known) <= set(parts) and known[0] == parts[0]):
                if len(parts) > len(known):
                    self._remember(parts, number)
                return number
        number = self._next(STEMS["personal_name"])
        self._remember(parts, number)
        return number

    def _remember(self, parts: tuple[str, ...], number: int) -> None:
        for part in set(parts):
            self._people.setdefault(part, []).append((parts, number))

    def _next(self, stem: str) -> int:
        self._last[stem] += 1
        return self._last[stem]


def _plain(kind: str, words: str) -> str:
    if kind in ("phone", "ssn", "credit_card"):
        return re.sub(r"\D", "", words)[-10:]
    return " ".join(words.lower().split())


def redact(messages: Sequence[Mapping[str, str]], findings: Sequence[Finding]) -> list[dict[str, str]]:
    """Return copies of the messages with each finding's stretch replaced by its placeholder.

    Raises ValueError when a finding lies outside its message or overlaps another one.
    """
    changed = [dict(message) for message in messages]
    by_turn: dict[int, list[Finding]] = {}
    for finding in findings:
        by_turn.setdefault(finding.turn, []).append(finding)
    for turn, found in by_turn.items():
        if not 0 <= turn < len(changed):
            raise ValueError("a finding names a turn that the conversation does not have")
        text = changed[turn]["content"]
        end = len(text)
        for finding in sorted(found, key=lambda one: one.start, reverse=True):
            if not 0 <= finding.start < finding.end <= end:
                raise ValueError("a finding lies outside its message or overlaps another one")
            text = text[: finding.start] + finding.placeholder + text[finding.end :]
            end = finding.start
        changed[turn]["content"] = text
    return changed
