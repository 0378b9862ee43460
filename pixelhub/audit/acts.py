"""What the actions in the audit trail mean: a group and a sentence for each, said by the app that records it.

Filled when the apps' `audited` modules are imported, at the first question. The foundation knows no app: an app tells
its own acts, and where a target of an event is shown. A test reads the source for every recorded action and fails
where one is missing here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import autodiscover_modules

from pixelhub.accounts.roles import Capability

__all__ = [
    "GROUPS",
    "REQUIRED",
    "Act",
    "act_of",
    "actions_of",
    "acts",
    "register_acts",
    "register_targets",
    "target_url",
    "targets",
]

#: Group -> its name on the page. The first thirteen are the acts that must be in the trail (R8), in its order.
GROUPS: Final[dict[str, str]] = {
    "label": "Labels",
    "adjudication": "Adjudication",
    "pii": "Identifiers",
    "release": "Releases and snapshots",
    "training": "Training",
    "signoff": "Sign-off",
    "promotion": "Promotion",
    "escalation": "Escalation",
    "override": "Overrides",
    "export": "Exports",
    "rawtext": "Raw text read",
    "signin": "Sign-in",
    "permission": "Permissions and keys",
    "data": "Imports and data",
    "annotation": "Rounds and guidelines",
    "quality": "Label quality",
    "model": "Model versions",
    "review": "Expert review",
    "serving": "Serving",
    "policy": "Policies",
    "plan": "Programme",
    "job": "Jobs",
    "backup": "Backups",
    "audit": "The trail itself",
}
REQUIRED: Final = tuple(GROUPS)[:13]

_OTHER: Final = "other"
_acts: dict[str, Act] = {}
_targets: dict[str, tuple[str, Capability]] = {}


@dataclass(frozen=True, slots=True)
class Act:
    """One action. `says` follows the name of who did it and may name values of the payload: "closed round {round}".

    A value that is a code stands as words with `{rule:words}`: "cases overdue".
    """

    action: str
    group: str
    says: str

    def sentence(self, payload: Mapping[str, Any]) -> str:
        """The sentence without its subject; a value that the event does not have is left out."""
        return self.says.format_map(_Given(payload)).strip()


class _Given(dict[str, Any]):
    """Values that go into a sentence: what is missing, or is no short value, is nothing."""

    def __missing__(self, key: str) -> str:
        return _Value()

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        return _Value(str(value)[:80]) if isinstance(value, str | int | float) else _Value()


class _Value(str):
    """A value in a sentence; `words` as its format reads a code aloud."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return self.replace("_", " ") if spec == "words" else super().__format__(spec)


def register_acts(group: str, says: Mapping[str, str]) -> None:
    """Say what an app's actions mean. Refuses an unknown group and an action that is said otherwise elsewhere."""
    if group not in GROUPS:
        raise ImproperlyConfigured(f"{group!r} is no group of audited acts; see pixelhub.audit.acts.GROUPS.")
    for action, sentence in says.items():
        act = Act(action, group, sentence)
        if _acts.setdefault(action, act) != act:
            raise ImproperlyConfigured(f"The audited action {action!r} is said twice, differently.")


def register_targets(pages: Mapping[str, tuple[str, Capability]]) -> None:
    """Where targets are shown: model label ("review.Campaign") -> an address that takes its key, and who opens it."""
    _targets.update(pages)


@cache
def _discover() -> None:
    autodiscover_modules("audited")


def acts() -> dict[str, Act]:
    """Every action that is known, by name."""
    _discover()
    return dict(sorted(_acts.items()))


def act_of(action: str) -> Act:
    """The act of an action; an unknown one reads as its own name."""
    _discover()
    return _acts.get(action) or Act(action, _OTHER, _as_words(action))


def _as_words(action: str) -> str:
    words = action.replace("_", " ").replace(".", ": ")
    return words.replace("{", "{{").replace("}", "}}")


def actions_of(group: str) -> list[str]:
    """The actions of a group; none for an unknown one."""
    _discover()
    return sorted(action for action, act in _acts.items() if act.group == group)


def targets() -> dict[str, tuple[str, Capability]]:
    """Every target that has a page: the page's name, and what somebody must be granted to open it."""
    _discover()
    return dict(sorted(_targets.items()))


def target_url(target_type: str, target_id: str, granted: Collection[Capability]) -> str:
    """The page of an event's target; "" where there is none, or none that opens to somebody with these capabilities."""
    _discover()
    name, needed = _targets.get(target_type, ("", None))
    if not target_id or needed not in granted:
        return ""
    try:
        return reverse(name, args=[target_id])
    except NoReverseMatch:
        return ""
