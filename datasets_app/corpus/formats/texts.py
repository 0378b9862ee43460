"""Dialogue inside one text: Human/Assistant, Client/Therapist, and the Alpaca prompt template."""

from __future__ import annotations

import re
from typing import Final

from .turns import Turns

# A marker opens a line, and a paragraph: "Assistant: Human: …" inside a turn is that turn's own words.
_MARKER: Final = re.compile(
    r"(?:\A\s*|\n[ \t]*)(Human|Assistant|User|Client|Patient|Therapist|Counselor|Counsellor)[ \t]*:", re.IGNORECASE
)
_HUMAN_SIDE: Final = frozenset({"human", "user", "assistant"})
# "### Human: … ### Assistant: …" and "### Instruction: … ### Response: …"; the former is written without line feeds.
_HEADING: Final = re.compile(
    r"###[ \t]*(Human|User|Client|Patient|Assistant|Therapist|Instruction|Input|Response|Output|System)[ \t]*:"
)
_TEMPLATE_OPENING: Final = re.compile(r"\s*Below is an instruction[^#]{0,400}(?=###)")
_HEADING_ROLE: Final = {"instruction": "user", "input": "user", "response": "assistant", "output": "assistant"}


def text_format(text: str) -> str:
    """Return the format of a text that opens with a speaker or a template, "text" for any other."""
    marker = _MARKER.match(text)
    if marker is not None:
        return "human_assistant" if marker.group(1).lower() in _HUMAN_SIDE else "client_therapist"
    heading = _first_heading(text)
    if heading is None:
        return "text"
    name = heading.group(1).lower()
    if name in _HEADING_ROLE:
        return "alpaca"
    return "human_assistant" if name in _HUMAN_SIDE or name == "system" else "client_therapist"


def add_text(turns: Turns, text: str) -> None:
    """Add the turns of a text; running text is one turn of the user."""
    if _MARKER.match(text):
        _add_marked(turns, text)
    elif first := _first_heading(text):
        _add_headed(turns, text, first)
    else:
        turns.add("user", text)


def _add_marked(turns: Turns, text: str) -> None:
    markers = list(_MARKER.finditer(text))
    for number, marker in enumerate(markers, start=1):
        end = markers[number].start() if number < len(markers) else len(text)
        turns.add(marker.group(1), text[marker.end() : end])


def _first_heading(text: str) -> re.Match[str] | None:
    opening = _TEMPLATE_OPENING.match(text)
    return _HEADING.match(text, opening.end() if opening else len(text) - len(text.lstrip()))


def _add_headed(turns: Turns, text: str, first: re.Match[str]) -> None:
    """Add the sections of a template; an input belongs to the instruction before it, as in an Alpaca row."""
    if text[: first.start()].strip():
        turns.non_text.append({"turn": 0, "template": text[: first.start()].strip()})
    headings = list(_HEADING.finditer(text, first.start()))
    sections: list[tuple[str, str]] = []
    for number, heading in enumerate(headings, start=1):
        end = headings[number].start() if number < len(headings) else len(text)
        said, name = text[heading.end() : end], heading.group(1).lower()
        if name == "input" and sections and sections[-1][0] == "instruction":
            sections[-1] = ("instruction", f"{sections[-1][1].strip()}\n\n{said.strip()}")
        else:
            sections.append((name, said))
    for name, said in sections:
        turns.add(_HEADING_ROLE.get(name, name), said)
