"""What to do at each alert level. Advice for the people who run the client; the program itself acts on nothing."""

from __future__ import annotations

from typing import Final, TypedDict


class Action(TypedDict):
    """One recommended step; `kind` names the contacts that belong to it ("" for none)."""

    action: str
    detail: str
    kind: str


_EMERGENCY_SERVICES: Final[Action] = {
    "action": "contact_emergency_services",
    "detail": "If the person is in danger now, call emergency services with them or for them.",
    "kind": "emergency",
}
_CRISIS_LINE: Final[Action] = {
    "action": "offer_crisis_line",
    "detail": "Offer a crisis line and stay in the conversation until the person has been connected.",
    "kind": "crisis_line",
}
_HUMAN_NOW: Final[Action] = {
    "action": "human_takeover",
    "detail": "Have a trained person take over this conversation now.",
    "kind": "",
}
_HUMAN_SOON: Final[Action] = {
    "action": "human_review",
    "detail": "Have a trained person read this conversation within the hour.",
    "kind": "",
}
_CHECK_IN: Final[Action] = {
    "action": "check_in",
    "detail": "Ask directly and calmly how the person is, and watch the next turns.",
    "kind": "",
}
_READ_IT: Final[Action] = {
    "action": "human_read",
    "detail": "The model could not give an answer: have a person read this conversation.",
    "kind": "",
}

_BY_ALERT: Final[dict[str, tuple[Action, ...]]] = {
    "emergency": (_EMERGENCY_SERVICES, _HUMAN_NOW, _CRISIS_LINE),
    "urgent": (_HUMAN_NOW, _CRISIS_LINE, _EMERGENCY_SERVICES),
    "severe": (_HUMAN_SOON, _CRISIS_LINE),
    "concern": (_CHECK_IN, _CRISIS_LINE),
    "none": (),
}


def actions_for(alert_level: str, *, unknown: bool) -> list[Action]:
    """Steps in order; an unknown verdict begins with a person reading."""
    return [*([_READ_IT] if unknown else []), *_BY_ALERT[alert_level]]
