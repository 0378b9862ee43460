"""Conversations and a key's own usage in the OpenAPI document."""

from __future__ import annotations

from datasets_app.corpus.taxonomy import ALERT_LEVELS
from inference.engine.conversation import MAX_MESSAGE_CHARS
from inference.engine.trend import EASING, FALLING, RISING, STEADY
from inference.engine.turns import MAX_CONTEXT, MAX_TURNS_AT_ONCE, RETENTIONS
from inference.openapi_parts import (
    COUNT,
    FLAG,
    MOMENT,
    MOMENT_OR_NULL,
    SHARE_OR_NULL,
    STRING,
    Schema,
    enum,
    get,
    items,
    obj,
    post,
    problems,
    ref,
)
from pixelhub.accounts.keys import API_SCOPES
from pixelhub.accounts.rates import DAY, MINUTE, MONTH

_ID: Schema = {"type": "string", "format": "uuid"}
_ID_OR_NULL: Schema = {"type": ["string", "null"], "format": "uuid"}
_REFERENCE: Schema = {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"}
_NUMBER_OR_NULL: Schema = {"type": ["number", "null"]}
_TURN_KEYS = {
    "turn": {"type": ["integer", "null"], "description": "Its number; null where it could not be kept."},
    "turn_id": _ID_OR_NULL,
}


def session_schemas() -> dict[str, Schema]:
    """Requests and answers of conversations, and of usage."""
    turn = {
        "role": enum(("user", "assistant")),
        "content": {"type": "string", "minLength": 1, "maxLength": MAX_MESSAGE_CHARS},
    }
    turn_id = {"type": "string", "format": "uuid", "description": "Your own, one per message: makes a repetition safe."}
    context = items(ref("Message"), maxItems=MAX_CONTEXT, description="Only where the session keeps no text.")
    session = {
        "id": _ID,
        "conversation_id": {"type": ["string", "null"]},
        "reference": {**STRING, "description": "What its scores and cases call it."},
        "state": enum(("open", "ended")),
        "retention": enum(RETENTIONS),
        "locale": {"type": ["string", "null"]},
        "turns": COUNT,
        "alert_level": enum(ALERT_LEVELS),
        "peak_level": enum(ALERT_LEVELS),
        "resolved_through": {**COUNT, "description": "Up to this turn a person has seen to what was raised."},
        "started_at": MOMENT,
        "last_turn_at": MOMENT_OR_NULL,
        "expires_at": MOMENT_OR_NULL,
        "text_until": MOMENT_OR_NULL,
    }
    analysed = {
        **_TURN_KEYS,
        "role": enum(("user", "assistant")),
        "alert_level": enum(ALERT_LEVELS),
        "raised_by_trend": FLAG,
        "trend": obj({"risk": _line(EASING), "eq": _line(FALLING)}),
        "window": obj(
            {
                "first_turn": {"type": "integer", "description": "Message m of the analysis is turn first_turn + m."},
                "messages": COUNT,
                "complete": FLAG,
            }
        ),
        "analysis": ref("Answer"),
        "stored": {**FLAG, "description": "False: the database did not answer. Send the turn again, same turn_id."},
        "replayed": {**FLAG, "description": "True: it had its place before, and this is its first answer."},
    }
    limit = {"period": enum((MINUTE, DAY, MONTH)), "limit": COUNT, "remaining": COUNT, "resets_in_s": COUNT}
    day = {"day": {"type": "string", "format": "date"}}
    day |= dict.fromkeys(("requests", "conversations", "errors", "limited"), COUNT)
    return {
        "SessionRequest": obj(
            {
                "conversation_id": _REFERENCE | {"description": "Your own reference; it may not name a person."},
                "locale": STRING,
                "retention": enum(RETENTIONS),
            },
            required=[],
        ),
        "Session": obj(session),
        "SessionAnswer": obj({"session": ref("Session")}),
        "NewTurn": obj({**turn, "turn_id": turn_id}, required=["role", "content"]),
        "TurnsRequest": {
            "oneOf": [
                obj({**turn, "turn_id": turn_id, "context": context}, required=["role", "content"]),
                obj(
                    {"turns": items(ref("NewTurn"), minItems=1, maxItems=MAX_TURNS_AT_ONCE), "context": context},
                    required=["turns"],
                ),
            ]
        },
        "Turn": obj(
            analysed,
            required=sorted(analysed.keys() - {"replayed"}),
            description="An answer for the window that ends with this turn, and its trend.",
        ),
        "TurnFigures": obj(_turn_figures()),
        "TurnsAnswer": obj({"session": ref("Session"), "turns": items(ref("Turn"))}),
        "SessionState": obj(
            {"session": ref("Session"), "turns": items(ref("TurnFigures")), "next_after": {"type": ["integer", "null"]}}
        ),
        "Usage": obj({"scopes": items(enum(API_SCOPES)), "limits": items(obj(limit)), "days": items(obj(day))}),
    }


def _line(down: str) -> Schema:
    """A trend; `down` is what a fall is called."""
    return obj(
        {
            "direction": enum((RISING, STEADY, down)),
            "slope": _NUMBER_OR_NULL,
            "change": _NUMBER_OR_NULL,
            "turns": COUNT,
            "complete": FLAG,
        }
    )


def _turn_figures() -> Schema:
    """A turn in a session's state."""
    return {
        **_TURN_KEYS,
        "role": enum(("user", "assistant")),
        "score": SHARE_OR_NULL,
        "crisis": {"type": ["boolean", "null"]},
        "crisis_type": STRING,
        "severity": {"type": ["integer", "null"]},
        "band": STRING,
        "alert_level": enum(ALERT_LEVELS),
        "raised_by_trend": FLAG,
        "degraded": FLAG,
        "reason": STRING,
        "risk_slope": _NUMBER_OR_NULL,
        "risk_direction": enum((RISING, STEADY, EASING)),
        "eq": {"type": ["object", "null"]},
        "eq_direction": enum((RISING, STEADY, FALLING)),
        "bias": items(items(STRING)),
        "safety": SHARE_OR_NULL,
        "evidence_id": _ID,
        "at": MOMENT,
    }


def session_paths() -> dict[str, Schema]:
    """Addresses of conversations, and of usage."""
    tag = "Conversations"
    parameter = {"name": "session", "in": "path", "required": True, "schema": _ID}
    missing = {"404": {**problems("403")["403"], "description": "There is no such conversation in this project."}}
    over = {"409": {**problems("403")["403"], "description": "It is over, or the turn_id stands for another message."}}
    opened = post("conversationOpen", "Open a conversation", "SessionRequest", "SessionAnswer", tag=tag, example={})
    opened["responses"]["201"] = {**opened["responses"]["200"], "description": "It is new."}
    opened["responses"]["200"]["description"] = "The open one of the same conversation_id."
    turns = post(
        "conversationTurns",
        f"Add a turn, or up to {MAX_TURNS_AT_ONCE} in order",
        "TurnsRequest",
        "TurnsAnswer",
        tag=tag,
        example={"role": "user", "content": "I could sleep for a year."},
    )
    end = post("conversationEnd", "It is over", "SessionRequest", "SessionAnswer", tag=tag)
    del end["requestBody"], end["parameters"]
    forget = get("conversationForget", "It is over and all its words go at once", tag=tag, response="SessionAnswer")
    state = get("conversationState", "State and figures of the turns, no text", tag=tag, response="SessionState")
    for operation in (turns, end, forget, state):
        operation["parameters"] = [parameter, *operation.get("parameters", [])]
        operation["responses"] |= missing
    state["parameters"].append({"name": "after", "in": "query", "schema": COUNT, "description": "A turn's number."})
    turns["responses"] |= over
    return {
        "/api/v1/conversations": {"post": opened},
        "/api/v1/conversations/{session}": {"get": state, "delete": forget},
        "/api/v1/conversations/{session}/turns": {"post": turns},
        "/api/v1/conversations/{session}/end": {"post": end},
        "/api/v1/usage": {
            "get": get("usage", "The key's own scopes, limits and last 30 days", tag="About", response="Usage")
        },
    }
