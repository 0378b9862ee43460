"""Code to copy: what the integration page shows is what the tests run, with a hub's address and a real key put in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

HUB: Final = "https://hub.example"
KEY: Final = "phk_…"
_FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True)
class Snippet:
    """One piece of code; `code` has the hub's address in it and a placeholder for the key."""

    name: str
    title: str
    note: str
    code: str


_SNIPPETS: Final = (
    ("score.sh", "curl: one conversation", "Nothing to install."),
    ("batch.sh", "curl: many at once", "Each result has a verdict or a problem, in the order of what was sent."),
    ("conversation.sh", "curl: turn by turn", "The answer to each turn comes with the trend of the conversation."),
    (
        "python_client.txt",
        "Python",
        'pip install "./clients/python[live]" (depends on httpx, and websockets for live conversations)',
    ),
    (
        "typescript_client.txt",
        "TypeScript",
        "npm install ./clients/typescript (no dependency; hooks for React; Node 22 for live conversations)",
    ),
)


def snippets(hub: str, key: str = KEY) -> list[Snippet]:
    """All of them for the hub at this address."""
    return [
        Snippet(name, title, note, _text(name).replace(HUB, hub.rstrip("/")).replace(KEY, key))
        for name, title, note in _SNIPPETS
    ]


@cache
def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip() + "\n"
