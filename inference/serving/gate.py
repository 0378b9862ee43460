"""Who is let in: a valid key with the scope that an address asks for, within its limits, and counted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from inference.serving.http import Problem, Scope, header
from inference.serving.keys import Caller

if TYPE_CHECKING:
    from inference.serving.service import ScoringService

__all__ = ["admit", "caller_in", "count_conversations", "spend"]

logger = logging.getLogger(__name__)

_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="pixelhub"'}
#: Where a request's caller, and how much was scored for it, are kept until the answer is counted.
_CALLER, _SCORED = "pixelhub.caller", "pixelhub.conversations"


async def admit(service: ScoringService, scope: Scope, wanted: str) -> Caller:
    """The caller of a request, if its key has the scope `wanted`. Raises Problem 401, 403."""
    token = header(scope, b"x-api-key")
    scheme, _, credentials = header(scope, b"authorization").partition(" ")
    if scheme.lower() == "bearer":
        token = credentials.strip()
    caller = await service.keys.verify(token)
    if caller is None:
        detail = "Send a valid API key as “Authorization: Bearer …” or X-Api-Key."
        raise Problem(401, "bad_key", detail, headers=_CHALLENGE)
    scope[_CALLER] = caller
    if wanted not in caller.scopes:
        raise Problem(403, "bad_scope", f"This key does not have the scope “{wanted}”.")
    return caller


async def spend(service: ScoringService, caller: Caller, cost: int = 1) -> None:
    """Take `cost` conversations from the key's limits. Raises Problem 429, and 422 where no wait would help.

    Where nothing can be counted, nothing is limited: a broken database must not turn away who asks about a crisis.
    """
    try:
        await service.limiter.spend(caller.limits, cost)
    except Problem:
        raise
    except Exception as error:  # whatever a database that is away raises
        logger.warning("limits can not be counted: %s", type(error).__name__)


def count_conversations(scope: Scope, count: int) -> None:
    """Note how many conversations this request had scored, for the key's usage."""
    scope[_SCORED] = scope.get(_SCORED, 0) + count


def caller_in(scope: Scope) -> tuple[Caller | None, int]:
    """The admitted caller of a request (None before that) and how many conversations were scored for it."""
    return scope.get(_CALLER), scope.get(_SCORED, 0)
