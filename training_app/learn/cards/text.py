"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training_app.learn.wording import VERDICT_NAMES


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def escaped(value: object) -> str:
    """Return a name as text of one line: names come from users and must not be Markdown or HTML."""
    kept = "".join(f"\\{char}" if char in "\\`*_{}[]<>()#+!|~&" else char for char in str(value))
    return " ".join(kept.split())


def prose(text: str) -> str:
    """Return what a person wrote as paragraphs and lists, and nothing else of Markdown."""
    lines = []
    for line in text.split("\n"):
        item = line.lstrip().startswith("- ")
        words = escaped(line.lstrip()[2:] if item else line)
        # A line that begins with a number and a dot, or with dashes, would begin a list or a rule.
        if words[:1] in "-=>" or words.split(".")[0].isdecimal():
            words = f"\\{words}" if words[:1] in "-=>" else words.replace(".", "\\.", 1)
        lines.append(f"- {words}" if item else words)
    return "\n".join(lines)


def number(value: float | None) -> str:
    """Return three digits, or a dash for what does not exist."""
    return "-" if value is None else f"{value:.3f}"


def spread(metric: Mapping[str, Any] | None) -> str:
    """Return "0.950 (0.930 to 0.970)", or a dash."""
    if metric is None:
        return "-"
    return f"{number(metric['value'])} ({number(metric['low'])} to {number(metric['high'])})"


def target(metric: Mapping[str, Any]) -> str:
    """Return "> 0.95", or a dash."""
    if metric["target"] is None:
        return "-"
    return f"{'>' if metric.get('higher_is_better', True) else '<'} {metric['target']}"


def verdict(metric: Mapping[str, Any]) -> str:
    """Return the verdict in words, or a dash."""
    return VERDICT_NAMES[metric["verdict"]] if metric["verdict"] else "-"
