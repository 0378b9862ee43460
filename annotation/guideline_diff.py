"""What changed between two guideline versions: section by section, word by word, and for which types. Django-free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from annotation.guideline_parts import SectionText, section_texts
from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS, CRISIS_TYPES, NONE_TYPE

Kind = Literal["same", "removed", "added"]
State = Literal["same", "renamed", "changed", "added", "removed"]
# Comparing is quadratic: above this many pairs a stretch is shown as replaced in one piece.
PAIRS_LIMIT = 1_000_000
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_RULER = re.compile(r"[\s|:-]*")  # a table's ruler, or an empty line: layout


@dataclass(frozen=True)
class Change:
    """A stretch of text that stayed, went or came."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class SectionDiff:
    """One section in both versions. `crisis_type` is the type that it defines, "" where it concerns all types.

    `named` are the types that the changed lines of a shared section name.
    """

    code: str
    title: str
    state: State
    changes: tuple[Change, ...]
    crisis_type: str
    named: tuple[str, ...] = ()

    @property
    def before(self) -> str:
        """The older text."""
        return "".join(change.text for change in self.changes if change.kind != "added")

    @property
    def after(self) -> str:
        """The newer text."""
        return "".join(change.text for change in self.changes if change.kind != "removed")


@dataclass(frozen=True)
class TypeChanges:
    """Which types a new version touches. `own`: type to the code of its changed section. `shared`: the changed
    sections that concern all types. `suggested`: the types that the shared changes name, or all where one names none.
    """

    own: dict[str, str]
    shared: tuple[SectionDiff, ...]
    suggested: tuple[str, ...]


def compare(older: str, newer: str) -> list[SectionDiff]:
    """All sections in the order of the newer text; removed ones stand where they stood."""
    before, after = section_texts(older), section_texts(newer)
    before = _under_new_names(before, after)
    return [_section(before.get(code), after.get(code)) for code in _merged(list(before), list(after))]


def type_changes(older: str, newer: str) -> TypeChanges:
    """The types whose labels the difference may concern; spacing and table layout alone change nothing."""
    changed = [section for section in compare(older, newer) if section.state not in ("same", "renamed")]
    own: dict[str, str] = {}
    for section in changed:
        if section.crisis_type:
            own.setdefault(section.crisis_type, section.code)
    shared = tuple(section for section in changed if not section.crisis_type)
    named = {kind for section in shared for kind in section.named or CRISIS_TYPES}
    return TypeChanges(own, shared, tuple(kind for kind in CRISIS_TYPES if kind in named))


def word_changes(older: str, newer: str) -> list[Change]:
    """The difference of two texts: what stayed and went is the older text, what stayed and came the newer."""
    found: list[Change] = []
    for tag, old, new in _opcodes(_LINES.findall(older), _LINES.findall(newer)):
        if tag == "equal":
            found.append(Change("same", "".join(old)))
            continue
        words = _opcodes(_WORDS.findall("".join(old)), _WORDS.findall("".join(new)))
        for inner, gone, come in words:
            if inner == "equal":
                found.append(Change("same", "".join(gone)))
            else:
                found += [Change("removed", "".join(gone)), Change("added", "".join(come))]
    return _readable(_joined(found))


def _section(before: SectionText | None, after: SectionText | None) -> SectionDiff:
    section = after or before
    assert section is not None
    old, new = before.text if before else "", after.text if after else ""
    state: State = "same"
    if before is None or after is None:
        state = "added" if after else "removed"
    elif before.code != after.code or before.title != after.title:
        state = "renamed" if _said(_body(old)) == _said(_body(new)) else "changed"
    elif _said(old) != _said(new):
        state = "changed"
    changes = tuple(word_changes(old, new))
    # A heading may have begun or ceased to name a type; what it defines in either version is touched.
    kind = section.crisis_type or (before.crisis_type if before else "")
    named = _named(old, new) if state != "same" and not kind else ()
    return SectionDiff(section.code, section.title, state, changes, kind, named)


def _under_new_names(before: dict[str, SectionText], after: dict[str, SectionText]) -> dict[str, SectionText]:
    """The older sections by the codes they have now: a new heading over the same words is the same section.

    The title of the whole text (its first section) may change with every version.
    """
    gone = [code for code, section in before.items() if code not in after and not section.crisis_type]
    come = [code for code, section in after.items() if code not in before and not section.crisis_type]
    names: dict[str, str] = {}
    for code in gone:
        for new in come:
            firsts = code == next(iter(before)) and new == next(iter(after))
            said = _said(_body(before[code].text))
            if firsts or (said and said == _said(_body(after[new].text))):
                names[code] = new
                come.remove(new)
                break
    return {names.get(code, code): section for code, section in before.items()}


def _body(text: str) -> str:
    return text.partition("\n")[2]


def _said(text: str) -> list[str]:
    """The words without spacing, empty lines and table rulers."""
    lines = [line for line in text.split("\n") if not _RULER.fullmatch(line)]
    return "\n".join(lines).split()


def _named(older: str, newer: str) -> tuple[str, ...]:
    """The types named in lines that went or came; `none` only as a table cell, for it is an English word too."""
    changed = ""
    for tag, old, new in _opcodes(_LINES.findall(older), _LINES.findall(newer)):
        if tag != "equal":
            changed += "".join(old) + "".join(new)
    lowered = changed.lower()
    found = [
        kind
        for kind in CRISIS_TYPES
        if kind != NONE_TYPE and re.search(rf"\b({kind}|{re.escape(CRISIS_TYPE_LABELS[kind].lower())})\b", lowered)
    ]
    if re.search(rf"\|\s*`?{NONE_TYPE}\b", lowered):
        found.append(NONE_TYPE)
    return tuple(found)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, Sequence[str], Sequence[str]]]:
    """(tag, old tokens, new tokens) in order, common ends split off first."""
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    room = shorter - start
    end = next((n for n in range(room) if old[-1 - n] != new[-1 - n]), room)
    if start:
        yield "equal", old[:start], new[:start]
    middle, replacement = old[start : len(old) - end], new[start : len(new) - end]
    if len(middle) * len(replacement) > PAIRS_LIMIT:
        yield "replace", middle, replacement
    else:
        matcher = SequenceMatcher(None, middle, replacement, autojunk=False)
        for tag, a, b, c, d in matcher.get_opcodes():
            yield tag, middle[a:b], replacement[c:d]
    if end:
        yield "equal", old[len(old) - end :], new[len(new) - end :]


def _readable(changes: list[Change]) -> list[Change]:
    """Whole phrases instead of confetti: what came and went on both sides of a mere space is one change."""
    found: list[Change] = []
    gone, come = "", ""
    for at, change in enumerate(changes):
        bridge = change.kind == "same" and not change.text.strip(" ") and (gone or come) and _goes_on(changes, at)
        if change.kind == "same" and not bridge:
            found += [Change("removed", gone), Change("added", come), change]
            gone, come = "", ""
        if change.kind == "removed" or bridge:
            gone += change.text
        if change.kind == "added" or bridge:
            come += change.text
    return _joined([*found, Change("removed", gone), Change("added", come)])


def _joined(changes: list[Change]) -> list[Change]:
    """Neighbours of one kind in one piece, empty ones left out."""
    found: list[Change] = []
    for change in changes:
        if change.text and found and found[-1].kind == change.kind:
            found[-1] = Change(change.kind, found[-1].text + change.text)
        elif change.text:
            found.append(change)
    return found


def _goes_on(changes: list[Change], at: int) -> bool:
    return at + 1 < len(changes) and changes[at + 1].kind != "same"


def _merged(before: list[str], after: list[str]) -> list[str]:
    """The codes of both: the order of `after`, each removed one behind its old neighbour."""
    merged = list(after)
    for position, code in enumerate(before):
        if code not in merged:
            neighbour = before[position - 1] if position else None
            merged.insert(merged.index(neighbour) + 1 if neighbour in merged else 0, code)
    return merged
