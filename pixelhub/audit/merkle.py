"""A hash tree over the events, so that one event can be proven to lie under a signed head without showing the others.

Leaves are the events' hashes in order. The tree over n of them is a row of perfect trees, the largest first, one for
each binary digit of n that is 1 (a Merkle mountain range): adding an event touches none of the finished ones. Leaf and
node are told apart by a first byte, as in RFC 6962.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

__all__ = ["Peak", "extended", "inclusion_path"]

#: Height and root of one perfect tree; a single leaf has height 0.
Peak = tuple[int, str]


def leaf(event_hash: str) -> bytes:
    return hashlib.sha256(b"\x00" + bytes.fromhex(event_hash)).digest()


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def extended(peaks: Iterable[Peak], hashes: Iterable[str]) -> list[Peak]:
    """The peaks after more events: `hashes` follow those that `peaks` stand on."""
    row = [(int(height), bytes.fromhex(root)) for height, root in peaks]
    for event_hash in hashes:
        row.append((0, leaf(event_hash)))
        while len(row) > 1 and row[-1][0] == row[-2][0]:
            (height, right), (_, left) = row.pop(), row.pop()
            row.append((height + 1, node(left, right)))
    return [(height, root.hex()) for height, root in row]


def inclusion_path(seq: int, peaks: Sequence[Peak], hashes_of: Callable[[int, int], Sequence[str]]) -> list[str]:
    """The neighbours from event `seq` (the first is 1) up to its peak, as hexadecimal digests, the lowest first.

    `hashes_of(first, last)` gives the hashes of these events, both ends included. Raises ValueError for an event that
    the peaks do not cover, or where the events are not those that the peak stands on.
    """
    before = 0
    for height, root in peaks:
        size = 1 << height
        if seq <= before + size:
            level = [leaf(each) for each in hashes_of(before + 1, before + size)]
            path, place = [], seq - before - 1
            while len(level) > 1:
                path.append(level[place ^ 1].hex())
                level = [node(level[at], level[at + 1]) for at in range(0, len(level), 2)]
                place //= 2
            if not level or level[0].hex() != root:
                raise ValueError("the events are not those of the published head")
            return path
        before += size
    raise ValueError(f"event {seq} is not under this head")
