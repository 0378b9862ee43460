"""A ZIP file that can be made in one way only, so that no byte of it is free: neither content nor structure.

Stored, not compressed; names in order; no time, no comment, no extra field. Whoever reads one packs it again and
compares: a file that differs in any bit is not the file that was made. Format: APPNOTE.TXT 6.3, without ZIP64 (4 GiB).
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping

__all__ = ["NotOurZip", "packed", "unpacked"]

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_VERSION = 20
_UTF8 = 0x0800
_JANUARY_1980 = 0x0021
_REGULAR = 0o100644 << 16
_UNIX = 3 << 8
_NAME = re.compile(rb"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")


class NotOurZip(ValueError):
    """The bytes are no ZIP file that was made by `packed`."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """The ZIP file of these names and contents. Raises ValueError past 4 GiB or 65,535 files."""
    if len(files) > 0xFFFF or sum(map(len, files.values())) > 0xFFFF0000:
        raise ValueError("too much for one ZIP file")
    body, directory = bytearray(), bytearray()
    for name in sorted(files):
        raw, data = name.encode("ascii"), files[name]
        facts = (_VERSION, _UTF8, 0, 0, _JANUARY_1980, zlib.crc32(data), len(data), len(data), len(raw))
        directory += _CENTRAL.pack(b"PK\x01\x02", _UNIX | _VERSION, *facts, 0, 0, 0, 0, _REGULAR, len(body)) + raw
        body += _LOCAL.pack(b"PK\x03\x04", *facts, 0) + raw + data
    end = _END.pack(b"PK\x05\x06", 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + end)


def unpacked(data: bytes) -> dict[str, bytes]:
    """The files of a ZIP file that `packed` made. Raises NotOurZip for any other bytes."""
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\x03\x04":
        if at + _LOCAL.size > len(data):
            raise NotOurZip("it is cut off")
        size, length = _LOCAL.unpack_from(data, at)[8:10]
        begin = at + _LOCAL.size + length
        raw = data[at + _LOCAL.size : begin]
        if not _NAME.fullmatch(raw) or b".." in raw or begin + size > len(data) or raw.decode() in files:
            raise NotOurZip("a file in it has a name or a size that cannot be")
        files[raw.decode()] = data[begin : begin + size]
        at = begin + size
    if not files or packed(files) != data:
        raise NotOurZip("its structure is not as it was made: something was changed, cut off or added")
    return files
