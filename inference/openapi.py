"""The OpenAPI document of the scoring API, written from the same tables that the code uses."""

from __future__ import annotations

from functools import cache
from typing import Any

from datasets_app.corpus.taxonomy import (
    ALERT_LEVELS,
    BIAS_ALERTS,
    BIAS_KINDS,
    CRISIS_TYPES,
    EQ_SCORES,
    RISK_LEVELS,
    ROLES,
    Band,
    CrisisSignal,
    Timeline,
)
from inference.engine.answer import SCHEMA
from inference.engine.assessment import CRISIS, NO_CRISIS, UNKNOWN, UNKNOWN_BAND
from inference.engine.conversation import MAX_BATCH, MAX_BODY_BYTES, MAX_LINES, MAX_MESSAGE_CHARS, MAX_MESSAGES
from inference.serving.batches import LINES
from inference.serving.batches import SCHEMA as BATCH_SCHEMA

Schema = dict[str, Any]


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _enum(values: Any, *, nullable: bool = False) -> Schema:
    names = [str(value) for value in values]
    if nullable:
        return {"type": ["string", "null"], "enum": [*names, None]}
    return {"type": "string", "enum": names}


def _object(properties: Schema, *, required: list[str] | None = None, **more: Any) -> Schema:
    required = sorted(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": required, **more}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


_STRING: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_SHARE_OR_NULL: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}


def _request_schemas() -> dict[str, Schema]:
    message = _object({"role": _enum(ROLES), "content": {"type": "string", "maxLength": MAX_MESSAGE_CHARS}})
    messages = _list(_ref("Message"), minItems=1, maxItems=MAX_MESSAGES)
    locale = {"type": "string", "examples": ["en-US"], "description": "Chooses the contacts."}
    conversation = {
        "type": "string",
        "pattern": "^[A-Za-z0-9._:-]{1,64}$",
        "description": "Your own opaque reference, unique in the project: scores of one conversation share a case.",
    }
    forms = [
        _object({name: schema, "locale": locale, "conversation_id": conversation}, required=[name])
        for name, schema in (
            ("messages", messages),
            ("conversation", messages),
            ("text", {"type": "string", "minLength": 1, "maxLength": MAX_MESSAGE_CHARS}),
        )
    ]
    return {
        "Message": message,
        "ScoreRequest": {
            "oneOf": forms,
            "description": "Exactly one of messages, conversation or text. The last 10 messages of user and assistant "
            "are used.",
        },
        "BatchRequest": _object({"conversations": _list(_ref("ScoreRequest"), minItems=1, maxItems=MAX_BATCH)}),
    }


def _answer_schemas() -> dict[str, Schema]:
    severity = {"type": ["integer", "null"], "minimum": 1, "maximum": 5}
    signal = _object(
        {
            "signal": _enum(CrisisSignal, nullable=True),
            "family": _STRING,
            "severity": severity,
            "message": {"type": "integer", "minimum": 0},
            "start": {"type": "integer", "minimum": 0},
            "end": {"type": "integer", "minimum": 0},
        },
        description="Characters [start, end) of messages[message].content of the request.",
    )
    risk = _object(
        {
            "level": _enum(RISK_LEVELS),
            "score": _SHARE,
            "timeline": _enum(Timeline, nullable=True),
            "indicators": _list(_STRING),
            "protective_factors": _list(_STRING),
            "about_someone_else": {**_FLAG, "description": "Another person may be in danger now."},
            "medical": {**_FLAG, "description": "Signs of a medical emergency."},
            "bereavement": {**_FLAG, "description": "A death is told of."},
        }
    )
    place = {"type": "integer", "minimum": 0}
    place_or_null = {"type": ["integer", "null"], "minimum": 0}
    eq = _object(
        {**dict.fromkeys((*EQ_SCORES, "aggregate"), _SHARE_OR_NULL), "replies": place},
        description="How well the assistant's replies meet the person: an estimate by rules; null: nothing to judge.",
    )
    reason = _object(
        {"reason": _STRING, "cost": _SHARE, "message": place_or_null, "start": place_or_null, "end": place_or_null}
    )
    safety = _object(
        {"score": _SHARE_OR_NULL, "reasons": _list(_ref("SafetyReason"))},
        description="How safe the assistant's replies are, by rules; score null: there is no reply.",
    )
    bias = _object(
        {
            "kind": _enum(BIAS_KINDS),
            "level": _enum(BIAS_ALERTS),
            "message": place,
            "start": place,
            "end": place,
            "rule": _STRING,
        },
        description="In the assistant's own voice; characters [start, end) of messages[message].content.",
    )
    contact = _object({"kind": _STRING, "name": _STRING, "contact": _STRING})
    action = _object({"action": _STRING, "detail": _STRING, "contacts": _list(contact)})
    answer = _object(
        {
            "schema": {"const": SCHEMA},
            "request_id": {"type": ["string", "null"], "description": "As X-Request-Id: yours, or one made for it."},
            "id": {"type": "string", "format": "uuid"},
            "evidence_id": {"type": "string", "format": "uuid"},
            "recorded": {**_FLAG, "description": "false: the score log could not be written in time; it is retried."},
            "case_id": {
                "type": ["integer", "null"],
                "description": "The case that waits for a person because of this score.",
            },
            "model_version": _STRING,
            "bundle_sha256": {"type": ["string", "null"]},
            "content_hash": _STRING,
            "verdict": _enum([CRISIS, NO_CRISIS, UNKNOWN]),
            "crisis": {"type": ["boolean", "null"], "description": "null: unknown. It never means “no crisis”."},
            "score": _SHARE_OR_NULL,
            "model_score": _SHARE_OR_NULL,
            "crisis_type": _enum(CRISIS_TYPES, nullable=True),
            "probabilities": {"type": ["object", "null"], "additionalProperties": _SHARE},
            "severity": severity,
            "band": _enum([*Band, UNKNOWN_BAND]),
            "alert_level": _enum(ALERT_LEVELS),
            "raised_by_rules": _FLAG,
            "signals": _list(_ref("Signal")),
            "risk": {"oneOf": [_ref("Risk"), {"type": "null"}]},
            "eq": {
                "oneOf": [_ref("Eq"), {"type": "null"}],
                "description": "An estimate of the assistant's replies; null: it failed.",
            },
            "safety": {
                "oneOf": [_ref("Safety"), {"type": "null"}],
                "description": "An estimate of the assistant's replies; null: it failed.",
            },
            "bias_findings": {
                "type": ["array", "null"],
                "items": _ref("BiasFinding"),
                "description": "In the assistant's replies; null: the estimate failed.",
            },
            "recommended_actions": _list(_ref("Action")),
            "messages_used": {"type": "integer", "minimum": 1, "maximum": 10},
            "degraded": {**_FLAG, "description": "true: the model (or the rules) did not answer; see reason."},
            "reason": {"type": ["string", "null"]},
            "latency_ms": {"type": "number", "minimum": 0},
        }
    )
    members: Schema = {
        "type": _STRING,
        "title": _STRING,
        "status": {"type": "integer"},
        "code": _STRING,
        "detail": _STRING,
        "request_id": _STRING,
    }
    retry_after = {"type": "integer", "minimum": 1, "description": "Seconds, where trying again helps."}
    problem = _object({**members, "retry_after": retry_after}, required=sorted(members))
    at: Schema = {"index": {"type": "integer", "minimum": 0}}
    item = {
        "oneOf": [
            {"allOf": [_ref("Answer"), _object(at)]},
            _object({**at, "problem": _ref("Problem")}),
        ],
        "description": "In the place of its conversation: the answer, or why that one was refused.",
    }
    count = {"type": "integer", "minimum": 0}
    results = _object(
        {
            "schema": {"const": BATCH_SCHEMA},
            "request_id": _STRING,
            "results": _list(_ref("BatchItem")),
            "count": count,
            "refused": count,
        }
    )
    return {
        "Signal": signal,
        "Risk": risk,
        "Eq": eq,
        "SafetyReason": reason,
        "Safety": safety,
        "BiasFinding": bias,
        "Action": action,
        "Answer": answer,
        "BatchItem": item,
        "BatchAnswer": results,
        "Problem": problem,
    }


_PROBLEMS = {
    "400": "Not strict JSON in UTF-8.",
    "401": "No valid API key.",
    "403": "The key lacks the scope “score”.",
    "413": f"The body is over {MAX_BODY_BYTES} bytes.",
    "415": "The body is not application/json, or it is compressed.",
    "422": "The request is understood but not scorable; detail names the field.",
    "429": "The key's rate is used up; see Retry-After.",
    "503": "Past what can be answered in time; see Retry-After.",
}


def _json(name: str, kind: str = "application/json") -> Schema:
    return {kind: {"schema": _ref(name)}}


def _post(operation: str, summary: str, request: str, response: str) -> Schema:
    problems = {
        code: {"description": text, "content": _json("Problem", "application/problem+json")}
        for code, text in _PROBLEMS.items()
    }
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": _json(request)},
        "responses": {"200": {"description": "The answer.", "content": _json(response)}, **problems},
    }


def _batch() -> Schema:
    post = _post(
        "scoreBatch", "Score many conversations, answered in order as they are done", "BatchRequest", "BatchAnswer"
    )
    lines = {"schema": {"type": "string"}}
    post["description"] = (
        f"A document of up to {MAX_BATCH} conversations, or {LINES} with one request a line, up to {MAX_LINES}. "
        f"The answer is a document, or lines where Accept or the body is {LINES}: one BatchItem a line. "
        "Each item that is refused has its problem in its place; the others are answered."
    )
    post["requestBody"]["content"][LINES] = lines
    post["responses"]["200"]["content"][LINES] = lines
    return post


def _get(operation: str, summary: str, *, public: bool) -> Schema:
    content = {"application/json": {"schema": {"type": "object"}}}
    responses: Schema = {"200": {"description": "As JSON.", "content": content}}
    if not public:
        responses["401"] = {"description": _PROBLEMS["401"]}
    return {
        "operationId": operation,
        "summary": summary,
        "responses": responses,
        **({"security": []} if public else {}),
    }


@cache
def document() -> Schema:
    """The OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pixel Hub scoring API",
            "version": "1",
            "description": "Crisis scores for conversations. An answer is decision support: the service contacts "
            "nobody, and “unknown” never means “no crisis”.",
        },
        "security": [{"bearer": []}, {"header": []}],
        "paths": {
            "/api/v1/crisis/score": {"post": _post("score", "Score one conversation", "ScoreRequest", "Answer")},
            "/api/v1/crisis/batch": {"post": _batch()},
            "/infer": {"post": _post("infer", "The same as /api/v1/crisis/score", "ScoreRequest", "Answer")},
            "/api/v1/model": {"get": _get("model", "What answers for this key's project", public=False)},
            "/api/v1/schema/score-1.json": {"get": _get("schema", "The JSON Schema of an answer", public=True)},
            "/healthz": {"get": _get("health", "Whether the process lives (/health is the same)", public=True)},
            "/readyz": {"get": _get("ready", "Whether models answer (/ready is the same)", public=True)},
        },
        "components": {
            "schemas": {**_request_schemas(), **_answer_schemas()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }
