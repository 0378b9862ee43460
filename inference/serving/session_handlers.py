"""Sessions over HTTP. Thin: check the caller, read the request, ask the sessions, send."""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from inference.engine.conversation import json_object
from inference.engine.errors import InputRefused
from inference.engine.turns import TurnsRequest, open_from, turns_from
from inference.serving.gate import admit, count_conversations, spend
from inference.serving.http import Problem, Receive, Scope, Send, read_json_body, send_json, send_made

if TYPE_CHECKING:
    from inference.serving.service import ScoringService

PREFIX: Final = "/api/v1/conversations"
SOCKET: Final = f"{PREFIX}/socket"
SCOPE: Final = "conversations"
_PATH: Final = re.compile(rf"{PREFIX}/(?P<session>[0-9a-fA-F-]{{36}})(?P<act>/turns|/end)?", re.ASCII)

Handler = Callable[["ScoringService", Scope, Receive, Send], Awaitable[None]]


async def session_open(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """POST /api/v1/conversations: 201 with a new session, 200 with the open one of the same conversation_id.

    It costs as much as a turn, so that a key's limits bound its sessions, too.
    """
    caller = await admit(service, scope, SCOPE)
    request = open_from(json_object(await read_json_body(scope, receive)))
    await spend(service, caller)
    session, is_new = await service.sessions.open(caller, request)
    await send_json(send, 201 if is_new else 200, {"session": session})


async def session_turns(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """POST /api/v1/conversations/{id}/turns: the analysis of one turn or of several in order."""
    caller = await admit(service, scope, SCOPE)
    body = await read_json_body(scope, receive)
    request = turns_from(json_object(body))
    await spend(service, caller, len(request.turns))
    once = await service.answers.once(scope, caller, body)

    async def answer(asked: TurnsRequest) -> dict[str, Any]:
        added = await service.sessions.add(caller, session_in(scope), asked)
        count_conversations(scope, len(asked.turns))
        return added

    if once is None:
        await send_json(send, 200, await answer(request))
        return
    # Turns of a keyed request have ids that follow from it: two at once, or one after a kill, get one place.
    named = [replace(turn, turn_id=turn.turn_id or once.score_id(place)) for place, turn in enumerate(request.turns)]
    await send_made(send, *await once.answer(lambda: answer(replace(request, turns=tuple(named)))))


async def session_read(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /api/v1/conversations/{id}: state and trend, no text; `?after=` a turn number."""
    caller = await admit(service, scope, SCOPE)
    await send_json(send, 200, await service.sessions.read(caller, session_in(scope), after=_after(scope)))


async def session_end(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """POST /api/v1/conversations/{id}/end: the conversation is over; a transcript stays as the policy says."""
    caller = await admit(service, scope, SCOPE)
    await send_json(send, 200, {"session": await service.sessions.end(caller, session_in(scope), forget=False)})


async def session_delete(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """DELETE /api/v1/conversations/{id}: it is over and all its words go at once."""
    caller = await admit(service, scope, SCOPE)
    await send_json(send, 200, {"session": await service.sessions.end(caller, session_in(scope), forget=True)})


_ACTS: Final[dict[str | None, dict[str, Handler]]] = {
    None: {"GET": session_read, "DELETE": session_delete},
    "/turns": {"POST": session_turns},
    "/end": {"POST": session_end},
}


def serves(path: str) -> bool:
    """Whether a path is about sessions."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def session_route(path: str, method: str) -> Handler:
    """The handler of a request about sessions. Raises Problem 404 or 405."""
    if path == PREFIX:
        methods: dict[str, Handler] = {"POST": session_open}
    else:
        match = _PATH.fullmatch(path)
        if match is None:
            raise Problem(404, "not_found", "There is nothing at this path.")
        methods = _ACTS[match["act"]]
    if method not in methods:
        allowed = ", ".join(sorted(methods))
        raise Problem(405, "bad_method", f"This path takes {allowed}.", headers={"allow": allowed})
    return methods[method]


def session_in(scope: Scope) -> uuid.UUID:
    """The session that a path names. Raises Problem 404."""
    match = _PATH.fullmatch(scope["path"])
    try:
        return uuid.UUID(match["session"] if match else "")
    except ValueError:
        raise Problem(404, "no_session", "There is no such conversation in this project.") from None


def _after(scope: Scope) -> int:
    given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", ["0"])[-1]
    if not (given.isascii() and given.isdecimal() and len(given) <= 9):
        raise InputRefused("bad_after", "after is the number of a turn.", status=422)
    return int(given)
