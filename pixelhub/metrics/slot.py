"""One process's counts in a file that is mapped into memory: what was counted is there after any end of the process.

A process takes the first slot of its service that no living process holds (`flock`: the kernel lets go when a process
ends, however it ends) and counts on where the dead one stopped. So nothing is lost or counted twice when a process is
killed and replaced, there are only as many files as processes ran at once, and sums never fall.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

#: The layout; a file of another one is begun anew.
_MAGIC: Final = b"PXMETRIC0001\0\0\0\0"
#: Many times what the closed sets of labels in use need.
SIZE: Final = 512 * 1024
_WORD: Final = 8
_USED: Final = len(_MAGIC) // _WORD
_FIRST: Final = _USED + 1
MAX_SLOTS: Final = 64


class SlotFull(Exception):
    """No room for another series."""


class Slot:
    """Numbers by key, each in eight bytes of its own; not thread-safe.

    After the magic comes how many words are used, then entries: the key's length in words, the key, the number. An
    entry is whole before it is counted as used, and a number is written in one store, so a reader in another process
    sees each number as it was before or after.
    """

    def __init__(self, number: int, memory: mmap.mmap, descriptor: int | None = None) -> None:
        self.number = number
        self._memory = memory
        self._descriptor = descriptor
        self._words = memoryview(memory).cast("Q")
        self._numbers = memoryview(memory).cast("d")
        if memory[: len(_MAGIC)] != _MAGIC or not _FIRST <= self._words[_USED] <= len(self._words):
            self._words[_USED] = _FIRST
            memory[: len(_MAGIC)] = _MAGIC
        self._places = {key: place for key, place in _entries(memoryview(memory), self._words[_USED])}

    def add(self, key: bytes, amount: float) -> None:
        """Add to a number, 0 until then. Raises SlotFull."""
        self._numbers[self._place(key)] += amount

    def set(self, key: bytes, value: float) -> None:
        """Set a number. Raises SlotFull."""
        self._numbers[self._place(key)] = value

    def items(self) -> dict[bytes, float]:
        """All numbers."""
        return {key: self._numbers[place] for key, place in self._places.items()}

    def close(self) -> None:
        """Let another process go on with it."""
        self._words.release()
        self._numbers.release()
        self._memory.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _place(self, key: bytes) -> int:
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = self._append(key)
        return place

    def _append(self, key: bytes) -> int:
        used = self._words[_USED]
        length = -(-len(key) // _WORD)
        place = used + 1 + length
        if place >= len(self._words):
            raise SlotFull
        start = (used + 1) * _WORD
        self._words[used] = length
        self._memory[start : start + length * _WORD] = key.ljust(length * _WORD, b"\0")
        self._numbers[place] = 0.0
        self._words[_USED] = place + 1
        return place


def private_slot() -> Slot:
    """Counts of this process alone."""
    return Slot(0, mmap.mmap(-1, SIZE))


def take_slot(folder: Path, service: str) -> Slot:
    """The first free slot of a service. Raises OSError where the folder can't be written or all slots are held."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(MAX_SLOTS):
        descriptor = os.open(_file(folder, service, number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            # Really there: a mapped hole on a full disk would end the process with SIGBUS.
            os.posix_fallocate(descriptor, 0, SIZE)
            return Slot(number, mmap.mmap(descriptor, SIZE), descriptor)
        except OSError:
            os.close(descriptor)
            raise
    raise OSError(f"all {MAX_SLOTS} slots of {service} are held")


def other_slots(folder: Path, service: str, own: int) -> Iterator[tuple[int, bool, dict[bytes, float]]]:
    """(number, whether its process lives, its numbers) of the slots of a service but one's own."""
    for number in range(MAX_SLOTS):
        if number == own:
            continue
        try:
            with _file(folder, service, number).open("rb") as file:
                yield number, _is_held(file.fileno()), _numbers(file.read())
        except FileNotFoundError:
            return


def _file(folder: Path, service: str, number: int) -> Path:
    return folder / f"{service}-{number}.counts"


def _is_held(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _numbers(data: bytes) -> dict[bytes, float]:
    if len(data) != SIZE or not data.startswith(_MAGIC):
        return {}
    numbers = memoryview(data).cast("d")
    used = memoryview(data).cast("Q")[_USED]
    return {key: numbers[place] for key, place in _entries(memoryview(data), used)}


def _entries(memory: memoryview, used: int) -> Iterator[tuple[bytes, int]]:
    """(key, place of its number in words) of the entries before `used`; ends where they make no sense."""
    words = memory.cast("B").cast("Q")
    at = _FIRST
    while at < min(used, len(words)):
        place = at + 1 + words[at]
        if place >= len(words):
            return
        yield bytes(memory[(at + 1) * _WORD : place * _WORD]).rstrip(b"\0"), place
        at = place + 1
