"""What each path answers. Thin: check the caller, read the request, ask the service, send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from inference.engine.conversation import Conversation, parse_batch, parse_request
from inference.openapi import document
from inference.schema import answer_schema
from inference.serving.batches import (
    answers_in_lines,
    batch_document,
    comes_in_lines,
    document_items,
    line_items,
    send_results,
)
from inference.serving.gate import admit, count_conversations, spend
from inference.serving.http import (
    Problem,
    Receive,
    Scope,
    Send,
    header,
    read_json_body,
    send_json,
    send_made,
    unless_gone,
)
from inference.serving.keys import usage_rows
from inference.serving.metrics import metrics
from inference.serving.registry import Served
from inference.serving.service import ScoringService
from inference.serving.session_handlers import serves, session_route

#: An event loop that comes so late, in seconds, answers late as well.
_LAG_S = 0.5

Handler = Callable[[ScoringService, Scope, Receive, Send], Awaitable[None]]


async def score(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """POST /infer, POST /api/v1/crisis/score: one conversation."""
    caller = await admit(service, scope, "score")
    await spend(service, caller)
    body = await read_json_body(scope, receive)
    conversation = parse_request(body)
    once = await service.answers.once(scope, caller, body)

    async def answer(asked: Conversation) -> dict[str, Any]:
        made = await service.score(asked, caller, receive=receive)
        count_conversations(scope, 1)
        return made

    if once is None:
        await send_json(send, 200, await answer(conversation))
    else:
        await send_made(send, *await once.answer(lambda: answer(once.named(conversation))))


async def batch(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """POST /api/v1/crisis/batch: many conversations, answers in their order while the rest is being scored."""
    caller = await admit(service, scope, "batch")
    in_lines = answers_in_lines(scope)

    async def spend_some(conversations: int) -> None:
        await spend(service, caller, conversations)

    if comes_in_lines(scope):
        if header(scope, b"idempotency-key"):
            raise Problem(400, "bad_idempotency_key", "A batch in lines has no Idempotency-Key: send a document.")
        results = service.score_stream(line_items(scope, receive, spend_some), caller)
        await send_results(send, _counted(results, scope), lines=in_lines)
        return
    body = await read_json_body(scope, receive)
    items = parse_batch(body)
    await spend_some(len(items))
    once = await service.answers.once(scope, caller, body)
    if once is None:
        results = _counted(service.score_stream(document_items(items), caller), scope)
        await unless_gone(send_results(send, results, lines=in_lines), receive)
        return
    named = [once.named(item, place) if isinstance(item, Conversation) else item for place, item in enumerate(items)]

    async def answer() -> dict[str, Any]:
        results = _counted(service.score_stream(document_items(named), caller), scope)
        return batch_document([result async for result in results])

    await send_made(send, *await once.answer(answer))


async def health(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /healthz: the process lives."""
    await send_json(send, 200, {"status": "ok"})


async def ready(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /readyz: whether models answer. Degraded is still 200: the rules answer, and must keep getting traffic."""
    served = service.registry.all()
    problem = service.registry.problem
    refused = [entry for entry in served if entry.session is None]
    starting = not await service.first_look(0.001)
    lags = service.loop_lag_s > _LAG_S
    healthy = served and not (refused or problem or starting or lags or service.writer.failures)
    body = {
        "status": "ready" if healthy else "starting" if starting else "degraded",
        "reason": problem or ("" if served else "no_deployment"),
        "score_log": "failing" if service.writer.failures else "ok",
        "score_cache": service.cache.state if service.cache else "off",
        "event_loop_lag_ms": round(service.loop_lag_s * 1000, 1),
        "estimated_wait_ms": round(service.batcher.estimated_wait() * 1000, 1),
        "models": [_served_json(entry) for entry in served],
    }
    await send_json(send, 503 if starting else 200, body)


async def model(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /api/v1/model: what answers for the key's project."""
    caller = await admit(service, scope, "model")
    served = service.registry.served(caller.project_id)
    if served is None:
        reason = service.registry.problem or "no_deployment"
        await send_json(send, 200, {"state": "none", "degraded": True, "reason": reason})
        return
    body = {**_served_json(served), "bundle_sha256": served.bundle_sha256, "degraded": served.session is None}
    if served.session:
        bundle = served.session.bundle
        body |= {
            "labels": list(bundle.labels),
            "threshold": bundle.threshold,
            "temperature": bundle.temperature,
            "max_length": bundle.max_length,
            "last_messages": bundle.last_messages,
        }
    await send_json(send, 200, body)


async def usage(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /api/v1/usage: what the key may do, where its limits stand, and what it asked in the last 30 days."""
    caller = await admit(service, scope, "read")
    await service.write_usage()
    days = await service.database.run(lambda: usage_rows(caller.key_id))
    limits = service.limiter.remaining(caller.limits)
    await send_json(send, 200, {"scopes": sorted(caller.scopes), "limits": limits, "days": days})


async def openapi(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /api/v1/openapi.json."""
    await send_json(send, 200, document())


async def score_schema(service: ScoringService, scope: Scope, receive: Receive, send: Send) -> None:
    """GET /api/v1/schema/score-1.json: the JSON Schema of an answer."""
    await send_json(send, 200, answer_schema())


ROUTES: dict[str, tuple[str, Handler]] = {
    "/infer": ("POST", score),
    "/health": ("GET", health),
    "/healthz": ("GET", health),
    "/ready": ("GET", ready),
    "/readyz": ("GET", ready),
    "/metrics": ("GET", metrics),
    "/api/v1/crisis/score": ("POST", score),
    "/api/v1/crisis/batch": ("POST", batch),
    "/api/v1/model": ("GET", model),
    "/api/v1/usage": ("GET", usage),
    "/api/v1/openapi.json": ("GET", openapi),
    "/api/v1/schema/score-1.json": ("GET", score_schema),
}


def route(scope: Scope) -> Handler:
    """The handler of a request. Raises Problem 404 or 405."""
    if serves(scope["path"]):
        return session_route(scope["path"], scope["method"])
    entry = ROUTES.get(scope["path"])
    if entry is None:
        raise Problem(404, "not_found", "There is nothing at this path.")
    method, handler = entry
    if scope["method"] != method:
        raise Problem(405, "bad_method", f"This path takes {method}.", headers={"allow": method})
    return handler


async def _counted(results: AsyncIterator[dict[str, Any]], scope: Scope) -> AsyncIterator[dict[str, Any]]:
    """The same results; those that were scored are counted for the key."""
    async for result in results:
        if "problem" not in result:
            count_conversations(scope, 1)
        yield result


def _served_json(served: Served) -> dict[str, Any]:
    return {
        "deployment": served.deployment_id,
        "model_version": served.model_version,
        "state": served.state,
        "reason": served.reason or None,
    }
