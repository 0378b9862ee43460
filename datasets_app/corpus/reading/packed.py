"""gzip and zstd as plain streams: damage is told from the end of the file, and what expands without end is stopped."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Final

import zstandard

from .rows import DamagedFile

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
PACKED_SUFFIXES: Final = (".gz", ".zst", ".zstd")
MAX_EXPANSION: Final = 200
FREE_BYTES: Final = 256 * 1024 * 1024
_WINDOW_BYTES: Final = 128 * 1024 * 1024
# One packed block of zstd is at least 4 bytes and unpacks to at most 128 KiB, so a step gives at most 16 MiB.
_ZSTD_STEP: Final = 512
_GZIP_STEP: Final = 64 * 1024
_GZIP_GIVES: Final = 1024 * 1024


def unpacked(stream: IO[bytes]) -> io.BufferedReader:
    """Return a stream of the plain bytes, by what the first bytes say; reading raises DamagedFile."""
    head = stream.read(len(ZSTD_MAGIC))
    whole = resumed(head, stream)
    if head.startswith(GZIP_MAGIC):
        whole = _buffered(_Unpacked(whole, _gunzip))
    if head.startswith(ZSTD_MAGIC):
        whole = _buffered(_Unpacked(whole, _unzstd))
    return whole


def resumed(head: bytes, stream: IO[bytes]) -> io.BufferedReader:
    """Return a stream of bytes that were read already and then of the rest of their stream."""
    return _buffered(_Prefixed(head, stream))


def _buffered(source: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(source, _GZIP_STEP)


class _Prefixed(io.RawIOBase):
    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        """A stream to read from."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as one read does."""
        chunk = self._head[: len(target)] or self._stream.read(len(target))
        self._head = self._head[len(target) :]
        target[: len(chunk)] = chunk
        return len(chunk)


class _Unpacked(io.RawIOBase):
    """The plain bytes of a packed stream, as long as they are not beyond all measure to what was read for them."""

    def __init__(self, packed: IO[bytes], unpack: Callable[[Callable[[int], bytes]], Iterator[bytes]]) -> None:
        self._packed = packed
        self._chunks = unpack(self._take)
        self._ready = memoryview(b"")
        self._read = 0
        self._given = 0

    def readable(self) -> bool:
        """A stream to read from."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]
        """Fill a buffer as far as one step of unpacking does. Raises DamagedFile."""
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._given += len(chunk)
            if self._given > FREE_BYTES and self._given > MAX_EXPANSION * self._read:
                raise DamagedFile("expands_too_far")
            self._ready = memoryview(chunk)
        size = min(len(target), len(self._ready))
        target[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def _take(self, size: int) -> bytes:
        data = self._packed.read(size)
        self._read += len(data)
        return data


def _gunzip(take: Callable[[int], bytes]) -> Iterator[bytes]:
    data = take(_GZIP_STEP)
    while data := _after_padding(data, take, _GZIP_STEP):
        unpacker = zlib.decompressobj(wbits=31)
        while not unpacker.eof:
            if not data:
                raise DamagedFile("damaged_gzip")
            try:
                # What does not fit into one step is asked for until nothing waits, in the input or in the output.
                chunk = b""
                while data or len(chunk) == _GZIP_GIVES:
                    chunk = unpacker.decompress(data, _GZIP_GIVES)
                    data = unpacker.unconsumed_tail
                    yield chunk
            except zlib.error:
                raise DamagedFile("damaged_gzip") from None
            data = take(_GZIP_STEP) if not unpacker.eof else b""
        data = unpacker.unused_data or take(_GZIP_STEP)


def _unzstd(take: Callable[[int], bytes]) -> Iterator[bytes]:
    data = take(_ZSTD_STEP)
    while data := _after_padding(data, take, _ZSTD_STEP):
        unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()
        while not unpacker.eof:
            if not data:
                raise DamagedFile("damaged_zstd")
            try:
                yield unpacker.decompress(data)
            except zstandard.ZstdError:
                raise DamagedFile("damaged_zstd") from None
            data = take(_ZSTD_STEP) if not unpacker.eof else b""
        data = unpacker.unused_data or take(_ZSTD_STEP)


def _after_padding(data: bytes, take: Callable[[int], bytes], step: int) -> bytes:
    """Return what comes after the zeros that may follow one packed part; parts may follow one another."""
    while data and not data.strip(b"\x00"):
        data = take(step)
    return data.lstrip(b"\x00")
