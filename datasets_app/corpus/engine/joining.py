"""Connected components over rows that are tied to each other, without an object per row."""

from __future__ import annotations

import numpy as np

from .layout import Array


def components(count: int, first: Array, second: Array) -> Array:
    """Return for each of `count` rows the smallest row that it is tied to, directly or not.

    Every round hooks each root onto its smallest neighbour and shortens the paths; at least half of the roots that
    still have a neighbour vanish, so the rounds grow with the logarithm of the count.
    """
    parent = np.arange(count, dtype=np.uint32)
    while len(first):
        one, other = parent[first], parent[second]
        apart = one != other
        if not apart.any():
            break
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while True:
            above = parent[parent]
            if np.array_equal(above, parent):
                break
            parent = above
    return parent


def neighbours(keys: Array, rows: Array) -> tuple[Array, Array]:
    """Return pairs of rows that share a key: each row with the next of the same key, in the order of the rows."""
    order = np.lexsort((rows, keys))
    ordered, places = keys[order], rows[order]
    same = ordered[1:] == ordered[:-1]
    return places[:-1][same], places[1:][same]
