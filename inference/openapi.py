"""The OpenAPI document of the scoring API, written from the same tables that the code uses."""

from __future__ import annotations

from functools import cache

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
from inference.engine.conversation import MAX_BATCH, MAX_LINES, MAX_MESSAGE_CHARS, MAX_MESSAGES
from inference.openapi_parts import FLAG, SHARE, SHARE_OR_NULL, STRING, Schema, enum, get, items, obj, post, ref
from inference.openapi_sessions import session_paths, session_schemas
from inference.serving.batches import LINES
from inference.serving.batches import SCHEMA as BATCH_SCHEMA


def _request_schemas() -> dict[str, Schema]:
    message = obj({"role": enum(ROLES), "content": {"type": "string", "maxLength": MAX_MESSAGE_CHARS}})
    messages = items(ref("Message"), minItems=1, maxItems=MAX_MESSAGES)
    locale = {"type": "string", "examples": ["en-US"], "description": "Chooses the contacts."}
    conversation = {
        "type": "string",
        "pattern": "^[A-Za-z0-9._:-]{1,64}$",
        "description": "Your own opaque reference, unique in the project: scores of one conversation share a case.",
    }
    forms = [
        obj({name: schema, "locale": locale, "conversation_id": conversation}, required=[name])
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
        "BatchRequest": obj({"conversations": items(ref("ScoreRequest"), minItems=1, maxItems=MAX_BATCH)}),
    }


def _answer_schemas() -> dict[str, Schema]:
    severity = {"type": ["integer", "null"], "minimum": 1, "maximum": 5}
    signal = obj(
        {
            "signal": enum(CrisisSignal, nullable=True),
            "family": STRING,
            "severity": severity,
            "message": {"type": "integer", "minimum": 0},
            "start": {"type": "integer", "minimum": 0},
            "end": {"type": "integer", "minimum": 0},
        },
        description="Characters [start, end) of messages[message].content of the request.",
    )
    risk = obj(
        {
            "level": enum(RISK_LEVELS),
            "score": SHARE,
            "timeline": enum(Timeline, nullable=True),
            "indicators": items(STRING),
            "protective_factors": items(STRING),
            "about_someone_else": {**FLAG, "description": "Another person may be in danger now."},
            "medical": {**FLAG, "description": "Signs of a medical emergency."},
            "bereavement": {**FLAG, "description": "A death is told of."},
        }
    )
    place = {"type": "integer", "minimum": 0}
    place_or_null = {"type": ["integer", "null"], "minimum": 0}
    eq = obj(
        {**dict.fromkeys((*EQ_SCORES, "aggregate"), SHARE_OR_NULL), "replies": place},
        description="How well the assistant's replies meet the person: an estimate by rules; null: nothing to judge.",
    )
    reason = obj(
        {"reason": STRING, "cost": SHARE, "message": place_or_null, "start": place_or_null, "end": place_or_null}
    )
    safety = obj(
        {"score": SHARE_OR_NULL, "reasons": items(ref("SafetyReason"))},
        description="How safe the assistant's replies are, by rules; score null: there is no reply.",
    )
    bias = obj(
        {
            "kind": enum(BIAS_KINDS),
            "level": enum(BIAS_ALERTS),
            "message": place,
            "start": place,
            "end": place,
            "rule": STRING,
        },
        description="In the assistant's own voice; characters [start, end) of messages[message].content.",
    )
    contact = obj(
        {"kind": STRING, "name": STRING, "contact": STRING, "languages": items(STRING), "hours": STRING},
        required=["contact", "kind", "name"],
    )
    action = obj({"action": STRING, "detail": STRING, "contacts": items(contact)})
    answer = obj(
        {
            "schema": {"const": SCHEMA},
            "request_id": {"type": ["string", "null"], "description": "As X-Request-Id: yours, or one made for it."},
            "id": {"type": "string", "format": "uuid"},
            "evidence_id": {"type": "string", "format": "uuid"},
            "recorded": {**FLAG, "description": "false: the score log could not be written in time; it is retried."},
            "case_id": {
                "type": ["integer", "null"],
                "description": "The case that waits for a person because of this score.",
            },
            "model_version": STRING,
            "bundle_sha256": {"type": ["string", "null"]},
            "content_hash": STRING,
            "verdict": enum([CRISIS, NO_CRISIS, UNKNOWN]),
            "crisis": {"type": ["boolean", "null"], "description": "null: unknown. It never means “no crisis”."},
            "score": SHARE_OR_NULL,
            "model_score": SHARE_OR_NULL,
            "crisis_type": enum(CRISIS_TYPES, nullable=True),
            "probabilities": {"type": ["object", "null"], "additionalProperties": SHARE},
            "severity": severity,
            "band": enum([*Band, UNKNOWN_BAND]),
            "alert_level": enum(ALERT_LEVELS),
            "raised_by_rules": FLAG,
            "signals": items(ref("Signal")),
            "risk": {"oneOf": [ref("Risk"), {"type": "null"}]},
            "eq": {
                "oneOf": [ref("Eq"), {"type": "null"}],
                "description": "An estimate of the assistant's replies; null: it failed.",
            },
            "safety": {
                "oneOf": [ref("Safety"), {"type": "null"}],
                "description": "An estimate of the assistant's replies; null: it failed.",
            },
            "bias_findings": {
                "type": ["array", "null"],
                "items": ref("BiasFinding"),
                "description": "In the assistant's replies; null: the estimate failed.",
            },
            "recommended_actions": items(ref("Action")),
            "messages_used": {"type": "integer", "minimum": 1, "maximum": 10},
            "degraded": {**FLAG, "description": "true: the model (or the rules) did not answer; see reason."},
            "reason": {"type": ["string", "null"]},
            "latency_ms": {"type": "number", "minimum": 0},
        }
    )
    members: Schema = {
        "type": STRING,
        "title": STRING,
        "status": {"type": "integer"},
        "code": STRING,
        "detail": STRING,
        "request_id": STRING,
    }
    retry_after = {"type": "integer", "minimum": 1, "description": "Seconds, where trying again helps."}
    problem = obj({**members, "retry_after": retry_after}, required=sorted(members))
    at: Schema = {"index": {"type": "integer", "minimum": 0}}
    item = {
        "oneOf": [
            {"allOf": [ref("Answer"), obj(at)]},
            obj({**at, "problem": ref("Problem")}),
        ],
        "description": "In the place of its conversation: the answer, or why that one was refused.",
    }
    count = {"type": "integer", "minimum": 0}
    results = obj(
        {
            "schema": {"const": BATCH_SCHEMA},
            "request_id": STRING,
            "results": items(ref("BatchItem")),
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


_EXAMPLE: Schema = {"messages": [{"role": "user", "content": "I could sleep for a year."}], "locale": "en-US"}


def _batch() -> Schema:
    operation = post(
        "scoreBatch",
        "Score many conversations, answered in order as they are done",
        "BatchRequest",
        "BatchAnswer",
        tag="Scores",
        example={"conversations": [_EXAMPLE, {"text": "I miss my cousin."}]},
    )
    lines = {"schema": {"type": "string"}}
    operation["description"] = (
        f"A document of up to {MAX_BATCH} conversations, or {LINES} with one request a line, up to {MAX_LINES} and "
        f"without an Idempotency-Key. The answer is a document, or lines where Accept or the body is {LINES}: one "
        "BatchItem a line. Each item that is refused has its problem in its place; the others are answered."
    )
    operation["requestBody"]["content"][LINES] = lines
    operation["responses"]["200"]["content"][LINES] = lines
    return operation


def _score(operation: str, summary: str) -> Schema:
    return post(operation, summary, "ScoreRequest", "Answer", tag="Scores", example=_EXAMPLE)


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
        "tags": [{"name": "Scores"}, {"name": "Conversations"}, {"name": "About"}],
        "paths": {
            "/api/v1/crisis/score": {"post": _score("score", "Score one conversation")},
            "/api/v1/crisis/batch": {"post": _batch()},
            "/infer": {"post": _score("infer", "The same as /api/v1/crisis/score")},
            **session_paths(),
            "/api/v1/model": {"get": get("model", "What answers for this key's project", tag="About")},
            "/api/v1/schema/score-1.json": {
                "get": get("schema", "The JSON Schema of an answer", tag="About", public=True)
            },
            "/healthz": {
                "get": get("health", "Whether the process lives (/health is the same)", tag="About", public=True)
            },
            "/readyz": {"get": get("ready", "Whether models answer (/ready is the same)", tag="About", public=True)},
        },
        "components": {
            "schemas": {**_request_schemas(), **_answer_schemas(), **session_schemas()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "header": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            },
        },
    }
