"""Which of several copies stays (D7): the higher stage, a label, a real person's words, then the smaller hash."""

from __future__ import annotations

from typing import Final

_HIGHEST_STAGE: Final = 4
_SOURCES: Final = ("real", "augmented", "synthetic")
_HASH_BYTES: Final = 13


def rank(*, stage: int, labelled: bool, source: str, raw_sha256: str) -> bytes:
    """Return 16 bytes: of several copies the one with the smallest rank stays.

    `raw_sha256` is in hex; an unknown source comes last.
    """
    place = _SOURCES.index(source) if source in _SOURCES else len(_SOURCES)
    head = bytes((_HIGHEST_STAGE - stage, 0 if labelled else 1, place))
    return head + bytes.fromhex(raw_sha256)[:_HASH_BYTES].ljust(_HASH_BYTES, b"\0")
