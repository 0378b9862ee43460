"""Ed25519 verification in the standard library alone, so that a signature can be checked where nothing is installed.

It verifies only: no secret passes through it, so it need not take the same time for every input. Source: RFC 8032,
sections 5.1.3 (decoding), 5.1.4 (addition) and 5.1.7 (verification, the form without the cofactor, as OpenSSL does).
"""

from __future__ import annotations

import hashlib

__all__ = ["verify"]

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_SIGN_BIT = 255

#: A point as (X, Y, Z, T) with x = X/Z, y = Y/Z, x * y = T/Z.
_Point = tuple[int, int, int, int]

_NEUTRAL: _Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) was made over `message` by the owner of `public_key` (32 bytes)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key, commitment = _decoded(public_key), signature[:32]
    scalar = int.from_bytes(signature[32:], "little")
    # A scalar past the order would let a second signature be made out of a first one.
    if key is None or scalar >= _ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(commitment + public_key + message).digest(), "little") % _ORDER
    # R = [s]B - [k]A, and it has to be the very bytes that were hashed.
    minus_key = (-key[0] % _P, key[1], key[2], -key[3] % _P)
    return _encoded(_sum(_times(scalar, _BASE), _times(challenge, minus_key))) == commitment


def _sum(first: _Point, second: _Point) -> _Point:
    a = (first[1] - first[0]) * (second[1] - second[0]) % _P
    b = (first[1] + first[0]) * (second[1] + second[0]) % _P
    c = 2 * first[3] * second[3] * _D % _P
    d = 2 * first[2] * second[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(scalar: int, point: _Point) -> _Point:
    result = _NEUTRAL
    while scalar:
        if scalar & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        scalar >>= 1
    return result


def _encoded(point: _Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << _SIGN_BIT).to_bytes(32, "little")


def _decoded(data: bytes) -> _Point | None:
    number = int.from_bytes(data, "little")
    sign, y = number >> _SIGN_BIT, number & ((1 << _SIGN_BIT) - 1)
    x = _abscissa(y, sign) if y < _P else None
    return None if x is None else (x, y, 1, x * y % _P)


def _abscissa(y: int, sign: int) -> int | None:
    """The x of a point with this y whose lowest bit is `sign`; None where there is none."""
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    if square == 0:
        return None if sign else 0
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P != 0:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (x * x - square) % _P != 0:
        return None
    return x if x & 1 == sign else _P - x


def _base() -> _Point:
    y = 4 * pow(5, _P - 2, _P) % _P
    x = _abscissa(y, 0)
    if x is None:  # the curve's own constant
        raise ArithmeticError("the base point has no abscissa")
    return (x, y, 1, x * y % _P)


_BASE = _base()
