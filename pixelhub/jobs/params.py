"""What may be a job's parameters: ids and short strings, never conversation text."""

from __future__ import annotations

import json
from typing import Any

MAX_BYTES = 8 * 1024
MAX_STRING = 300
MAX_DEPTH = 4


class ParamsInvalid(ValueError):
    """The parameters of a job are not plain small JSON; the message names the key, never the value."""


def validate_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return a plain copy of `params`. Raises ParamsInvalid for anything but small clean JSON."""
    if not isinstance(params, dict):
        raise ParamsInvalid("Job parameters must be an object.")
    _check(params, "params", depth=0)
    encoded = json.dumps(params, allow_nan=False)
    if len(encoded.encode()) > MAX_BYTES:
        raise ParamsInvalid(f"Job parameters take more than {MAX_BYTES} bytes; pass an id instead.")
    return json.loads(encoded)


def _check(value: Any, where: str, *, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ParamsInvalid(f"{where} is nested deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        _check_string(value, where)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ParamsInvalid(f"{where} has a key that is not a string.")
            _check_string(key, where)
            _check(item, f"{where}.{key}", depth=depth + 1)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]", depth=depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        if abs(value) >= 2**63:
            raise ParamsInvalid(f"{where} is an integer beyond 64 bits.")
    elif isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise ParamsInvalid(f"{where} is not a finite number.")
    elif value is not None and not isinstance(value, bool):
        raise ParamsInvalid(f"{where} is a {type(value).__name__}, which is not JSON.")


def _check_string(value: str, where: str) -> None:
    if len(value) > MAX_STRING:
        raise ParamsInvalid(f"{where} is longer than {MAX_STRING} characters; pass an id instead.")
    if "\x00" in value:
        raise ParamsInvalid(f"{where} holds a NUL character.")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ParamsInvalid(f"{where} holds a lone surrogate.") from error
