"""What to do at each alert level and in each situation. Advice for the people who run the client; nothing acts here.

The alert level sets the steps; the situation puts its own before or among them and words one otherwise. A situation
never takes a step away, but for one: where somebody else is at risk and the writer is not, the steps are about them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypedDict

from inference.engine.rules import Finding


class Action(TypedDict):
    """One recommended step; `kinds` names the contacts that belong to it, the first kind that is known is shown."""

    action: str
    detail: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Situation:
    """What the steps depend on beside the alert level."""

    unknown: bool = False
    someone_else: bool = False
    only_someone_else: bool = False
    to_others: bool = False
    poisoned: bool = False
    bleeding: bool = False
    medical: bool = False
    psychotic: bool = False
    panicking: bool = False
    bereaved: bool = False
    violence_at_home: bool = False


_EMERGENCY: Final = ("emergency",)
_LINE: Final = ("crisis_line",)

_EMERGENCY_SERVICES: Final[Action] = {
    "action": "contact_emergency_services",
    "detail": "If the person is in danger now, call emergency services with them or for them.",
    "kinds": _EMERGENCY,
}
_CRISIS_LINE: Final[Action] = {
    "action": "offer_crisis_line",
    "detail": "Offer a crisis line and stay in the conversation until the person has been connected.",
    "kinds": _LINE,
}
_HUMAN_NOW: Final[Action] = {
    "action": "human_takeover",
    "detail": "Have a trained person take over this conversation now.",
    "kinds": (),
}
_HUMAN_SOON: Final[Action] = {
    "action": "human_review",
    "detail": "Have a trained person read this conversation within the hour.",
    "kinds": (),
}
_CHECK_IN: Final[Action] = {
    "action": "check_in",
    "detail": "Ask directly and calmly how the person is, and watch the next turns.",
    "kinds": (),
}
_READ_IT: Final[Action] = {
    "action": "human_read",
    "detail": "There is no sure answer on this conversation: have a person read it.",
    "kinds": (),
}
_POISON: Final[Action] = {
    "action": "poison_control",
    "detail": "Ask what was taken, how much and when. Call poison control or emergency services even if the person "
    "feels well; do not wait for signs.",
    "kinds": ("poison_control", "emergency"),
}
_FIRST_AID: Final[Action] = {
    "action": "first_aid",
    "detail": "Press a clean cloth on the wound and keep it up; if it does not stop, call emergency services.",
    "kinds": _EMERGENCY,
}
_MEDICAL: Final[Action] = {
    "action": "medical_check",
    "detail": "Treat it as a medical emergency until a doctor has said otherwise: a heart attack can look like panic.",
    "kinds": _EMERGENCY,
}
_PROTECT_OTHERS: Final[Action] = {
    "action": "protect_others",
    "detail": "Somebody may get hurt. Follow your duty-to-protect procedure: the police, and whoever is threatened.",
    "kinds": _EMERGENCY,
}
_ABOUT_SOMEONE: Final[Action] = {
    "action": "someone_else_at_risk",
    "detail": "The danger is another person's. Ask whether they are reachable and safe now; help the writer to call "
    "emergency services to the place where they are, and to stay in touch with them.",
    "kinds": _EMERGENCY,
}
_ADVICE_FOR_HELPERS: Final[Action] = {
    "action": "advice_for_helpers",
    "detail": "Offer the writer a crisis line: they advise people who worry about somebody, too.",
    "kinds": _LINE,
}
_DO_NOT_ARGUE: Final[Action] = {
    "action": "stay_grounded",
    "detail": "Neither confirm nor argue with what the person is sure of. Ask what the voices or fears tell them to "
    "do, and speak to what they feel.",
    "kinds": (),
}
_BREATHE: Final[Action] = {
    "action": "ground_and_breathe",
    "detail": "Help to slow the breath and to name what is around them; ask about chest pain and fainting.",
    "kinds": (),
}
_GRIEF: Final[Action] = {
    "action": "bereavement_support",
    "detail": "A death is spoken of: make room for the loss, and offer bereavement support.",
    "kinds": ("bereavement",),
}
_HOME: Final[Action] = {
    "action": "violence_at_home",
    "detail": "There may be violence at home. Ask whether it is safe to talk and to write; offer a line for it, and do "
    "not send anything that could be found.",
    "kinds": ("domestic_violence", "emergency"),
}

_BY_ALERT: Final[dict[str, tuple[Action, ...]]] = {
    "emergency": (_EMERGENCY_SERVICES, _HUMAN_NOW, _CRISIS_LINE),
    "urgent": (_HUMAN_NOW, _CRISIS_LINE, _EMERGENCY_SERVICES),
    "severe": (_HUMAN_SOON, _CRISIS_LINE),
    "concern": (_CHECK_IN, _CRISIS_LINE),
    "none": (),
}
_POISON_SIGNAL: Final = "substance_overdose"
_WOUNDS: Final = frozenset({"bleeding", "blood_loss", "deeper"})


def situation_of(finding: Finding | None, *, unknown: bool, crisis_type: str = "", crisis: bool = False) -> Situation:
    """The situation by the rules' finding and by the type that was decided on, whoever decided."""
    if finding is None:
        return Situation(unknown=unknown)
    grave = [signal for signal in finding.signals if (signal.severity or 0) >= 3]
    families = {signal.family for signal in finding.signals}
    return Situation(
        unknown=unknown,
        someone_else=finding.about_someone_else,
        only_someone_else=finding.about_someone_else and not crisis,
        to_others=any(signal.family == "agitation" for signal in grave),
        poisoned=any(signal.signal == _POISON_SIGNAL for signal in grave),
        bleeding=bool(_WOUNDS & set(finding.indicators)),
        medical=finding.medical and crisis,
        psychotic=crisis_type == "psychotic" or any(signal.family == "psychosis" for signal in grave),
        panicking=crisis_type == "panic",
        bereaved=finding.bereavement,
        violence_at_home="domestic_violence" in families,
    )


def actions_for(alert_level: str, *, unknown: bool = False, situation: Situation | None = None) -> list[Action]:
    """Steps in order, each once; an unknown verdict begins with a person reading."""
    at = situation or Situation(unknown=unknown)
    steps: list[Action] = [_READ_IT] if at.unknown or unknown else []
    steps += [step for step, wanted in _first_steps(at) if wanted]
    if at.only_someone_else and alert_level == "concern":
        steps += [_ABOUT_SOMEONE, _ADVICE_FOR_HELPERS]
    else:
        steps += _BY_ALERT[alert_level]
    steps += [step for step, wanted in _further_steps(at) if wanted]
    return list({step["action"]: step for step in steps}.values())


def _first_steps(at: Situation) -> list[tuple[Action, bool]]:
    """What cannot wait for the steps of the level."""
    return [
        (_POISON, at.poisoned),
        (_FIRST_AID, at.bleeding),
        (_MEDICAL, at.medical and not at.poisoned and not at.bleeding),
        (_PROTECT_OTHERS, at.to_others),
    ]


def _further_steps(at: Situation) -> list[tuple[Action, bool]]:
    """How to speak, and what may be needed besides."""
    return [
        (_ABOUT_SOMEONE, at.someone_else),
        (_DO_NOT_ARGUE, at.psychotic),
        (_BREATHE, at.panicking),
        (_HOME, at.violence_at_home),
        (_GRIEF, at.bereaved),
    ]
