"""The small pieces that the OpenAPI document is put together from."""

from __future__ import annotations

from typing import Any, Final

from inference.engine.conversation import MAX_BODY_BYTES

Schema = dict[str, Any]

STRING: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
SHARE: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 1}
SHARE_OR_NULL: Final[Schema] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
MOMENT_OR_NULL: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}

PROBLEMS: Final = {
    "400": "Not strict JSON in UTF-8, or an Idempotency-Key that is none.",
    "401": "No valid API key.",
    "403": "The key lacks the scope that this address asks for.",
    "413": f"The body is over {MAX_BODY_BYTES} bytes.",
    "415": "The body is not application/json, or it is compressed.",
    "422": "The request is understood but not scorable (detail names the field), larger than a whole limit, or its "
    "Idempotency-Key came with another one.",
    "429": "The key's rate or quota is used up; see Retry-After.",
    "503": "Past what can be answered in time; see Retry-After.",
}
_LIMITS: Final = {
    "RateLimit-Policy": {
        "description": "Each limit of the key: quota and window in seconds.",
        "schema": {"type": "string", "examples": ['"minute";q=600;w=60, "day";q=10000;w=86400']},
    },
    "RateLimit": {
        "description": "Where each limit stands: rest, and seconds until its window ends.",
        "schema": {"type": "string", "examples": ['"minute";r=599;t=31, "day";r=9999;t=40211']},
    },
}
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
IDEMPOTENCY_KEY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your own name for this request: sent again within 24 hours it gets the same answer, and nothing is "
    "scored twice.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}


def ref(name: str) -> Schema:
    """A reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def enum(values: Any, *, nullable: bool = False) -> Schema:
    """One of these strings."""
    names = [str(value) for value in values]
    if nullable:
        return {"type": ["string", "null"], "enum": [*names, None]}
    return {"type": "string", "enum": names}


def obj(properties: Schema, *, required: list[str] | None = None, **more: Any) -> Schema:
    """An object; all of its properties are required unless some are named."""
    required = sorted(properties) if required is None else required
    return {"type": "object", "properties": properties, "required": required, **more}


def items(schema: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": schema, **more}


def json(name: str, kind: str = "application/json") -> Schema:
    """A body of this schema."""
    return {kind: {"schema": ref(name)}}


def post(
    operation: str, summary: str, request: str, response: str, *, tag: str, example: Any = None, status: str = "200"
) -> Schema:
    """An operation that takes and gives JSON."""
    content = json(request)
    if example is not None:
        content["application/json"]["examples"] = {"example": {"value": example}}
    return {
        "operationId": operation,
        "summary": summary,
        "tags": [tag],
        "parameters": [IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": content},
        "responses": {
            status: {"description": "The answer.", "content": json(response), "headers": _LIMITS},
            **problems(*PROBLEMS),
        },
    }


def get(operation: str, summary: str, *, tag: str, response: str = "", public: bool = False) -> Schema:
    """An operation that asks for JSON."""
    content = json(response) if response else {"application/json": {"schema": {"type": "object"}}}
    answer: Schema = {"description": "As JSON.", "content": content}
    if not public:
        answer["headers"] = _LIMITS
    return {
        "operationId": operation,
        "summary": summary,
        "tags": [tag],
        "responses": {"200": answer, **({} if public else problems("401", "403"))},
        **({"security": []} if public else {}),
    }


def problems(*codes: str) -> Schema:
    """Refusals by status code."""
    found = {}
    for code in codes:
        found[code] = {"description": PROBLEMS[code], "content": json("Problem", "application/problem+json")}
        if code in ("429", "503"):
            found[code]["headers"] = _RETRY_AFTER
    return found
