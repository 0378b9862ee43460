"""Sealed text: opens with its key at its place, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelhub.sealing import SealBroken, Sealer, sealer_from

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
SEALER = Sealer("a" * 43)


@given(texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_text_comes_back_from_its_own_place_only(text: str, place: str) -> None:
    sealed = SEALER.seal(text, context=place)
    assert SEALER.unseal(sealed, context=place) == text
    assert SEALER.seal(text, context=place) != sealed
    assert len(text) < 8 or text.encode() not in sealed
    for key, where in ((SEALER, place + "x"), (Sealer("b" * 43), place)):
        with pytest.raises(SealBroken):
            key.unseal(sealed, context=where)


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_changed_byte_does_not_open(at: int, flip: int) -> None:
    sealed = bytearray(SEALER.seal("thirty-two characters of message", context="1"))
    sealed[at] ^= flip
    with pytest.raises(SealBroken):
        SEALER.unseal(bytes(sealed), context="1")
    for short in (b"", b"\x01", bytes(sealed[:20])):
        with pytest.raises(SealBroken):
            SEALER.unseal(short, context="1")


def test_the_key_is_made_once_and_its_fingerprints_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "session_text"
    first, again = sealer_from(path), sealer_from(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert first.fingerprint("yes") == again.fingerprint("yes") != SEALER.fingerprint("yes")
    assert again.unseal(first.seal("yes", context="1"), context="1") == "yes"
