"""What review refuses, in words that a page can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Block", "Refused", "refused_for"]


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that stands against an act: a stable code for programs, a sentence for people, where to mend it."""

    code: str
    says: str
    url: str = ""
    action: str = ""  # what the link says


class Refused(Exception):
    """An act that the rules of review do not allow now; `str()` is the reason, for people. No text of conversations.

    `blocks` names everything that stands against it, where the act looks for more than the first.
    """

    def __init__(self, reason: str, blocks: Iterable[Block] = ()) -> None:
        super().__init__(reason)
        self.blocks = tuple(blocks) or (Block("refused", reason),)


def refused_for(blocks: Iterable[Block]) -> Refused:
    """The refusal that says all of these."""
    found = tuple(blocks)
    return Refused(" ".join(block.says for block in found), found)
