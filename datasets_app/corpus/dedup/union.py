"""Disjoint sets of numbers: which records are tied together, directly or over others."""

from __future__ import annotations

from array import array


class Union:
    """Sets over 0..size-1 in four bytes each; the smallest number of a set stands for it, whatever the order."""

    def __init__(self, size: int) -> None:
        self._parent = array("I", range(size))

    def find(self, number: int) -> int:
        """Return the smallest number tied to this one."""
        parent = self._parent
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    def join(self, first: int, second: int) -> None:
        """Tie two numbers, and all that is tied to them."""
        low, high = sorted((self.find(first), self.find(second)))
        self._parent[high] = low
