"""What was seen: exact whatever the filter says, in constant memory."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets_app.corpus.dedup.seen import ExactSeen


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()[:16]


def test_a_full_filter_deletes_nothing(tmp_path: Path) -> None:
    """A filter for one item says "maybe" to everything; every new digest is new all the same."""
    with ExactSeen(tmp_path, expected=1, error_rate=0.5, recent=64) as seen:
        assert [seen.add(digest(n)) for n in range(3_000)] == [True] * 3_000
        assert seen.false_positives > 2_500, "the filter was not full, so the test shows nothing"
        assert [seen.add(digest(n)) for n in range(3_000)] == [False] * 3_000


def test_a_filter_of_the_right_size_saves_nearly_all_look_ups(tmp_path: Path) -> None:
    with ExactSeen(tmp_path, expected=5_000, recent=256) as seen:
        for n in range(5_000):
            seen.add(digest(n))
        assert seen.asked == 5_000
        assert seen.maybe == seen.false_positives < 150


def test_few_digests_stay_in_memory_and_few_files_on_disk(tmp_path: Path) -> None:
    with ExactSeen(tmp_path, expected=10, recent=100) as seen:
        for n in range(10_000):
            seen.add(digest(n))
        assert len(list(tmp_path.glob("seen-*.run"))) < 8
        assert sum(path.stat().st_size for path in tmp_path.glob("seen-*.run")) == 16 * 10_000
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.binary(min_size=16, max_size=16) | st.integers(0, 40).map(digest), max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_it_is_a_set(tmp_path: Path, digests: list[bytes]) -> None:
    known: set[bytes] = set()
    with ExactSeen(tmp_path, expected=4, error_rate=0.3, recent=5) as seen:
        for one in digests:
            assert seen.add(one) is (one not in known)
            known.add(one)
        assert all(one in seen for one in known)


def test_neighbours_in_one_half_are_two_digests(tmp_path: Path) -> None:
    with ExactSeen(tmp_path, expected=1, error_rate=0.5, recent=2) as seen:
        found = [seen.add(bytes(8) + n.to_bytes(8, "big")) for n in (1, 2, 3, 2, 256, 1)]
    assert found == [True, True, True, False, True, False]


def test_another_length_is_refused(tmp_path: Path) -> None:
    with ExactSeen(tmp_path) as seen, pytest.raises(ValueError, match="16 bytes"):
        seen.add(b"short")
