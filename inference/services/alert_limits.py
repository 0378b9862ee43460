"""The limits of a project's figures: every change is a new version, with its reason."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.db import transaction

from inference.engine.reports.rules import Limits
from inference.models import AlertLimits
from inference.refusals import AlertInvalid
from inference.selectors_alerts import HUB_RULES, limits_of
from inference.topics import alerts_topic
from pixelhub.accounts.access import require
from pixelhub.accounts.models import Project
from pixelhub.accounts.roles import Capability
from pixelhub.audit.services import record
from pixelhub.live.services import touch

if TYPE_CHECKING:
    from pixelhub.accounts.models import User

__all__ = ["alert_limits_change"]

_REASON: Final = AlertLimits._meta.get_field("reason").max_length or 0
_MOST: Final = 1_000_000.0


@transaction.atomic
def alert_limits_change(
    *, project: Project, actor: User, limits: Mapping[str, Limits], reason: str
) -> AlertLimits | None:
    """A new version; rules that are not named keep theirs. None where nothing is new. Raises `AlertInvalid`."""
    require(actor, project, Capability.ALERT_LIMITS)
    words = reason.strip()
    if not words or len(words) > _REASON or "\x00" in words:
        raise AlertInvalid("reason", f"Say why, in at the most {_REASON} characters.")
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    former = limits_of(project)
    chosen = {**former, **limits}
    for name, given in chosen.items():
        _refuse_bad(name, given)
    if chosen == former:
        return None
    newest = AlertLimits.objects.filter(project=project).first()
    told = {name: [given.warning, given.critical] for name, given in chosen.items()}
    made = AlertLimits.objects.create(
        project=project, version=(newest.version if newest else 0) + 1, limits=told, reason=words, created_by=actor
    )
    changes = {name: told[name] for name in told if chosen[name] != former[name]}
    facts = {"version": made.version, "changed": {name: _as_text(limits) for name, limits in changes.items()}}
    record(action="alert.limits_change", actor=actor, project=project, target=made, payload=facts)
    touch(alerts_topic(project.pk))
    return made


def _refuse_bad(name: str, given: Limits) -> None:
    judged = HUB_RULES.get(name)
    if judged is None:
        raise AlertInvalid(name, "There is no such rule.")
    most = 1.0 if judged.rule.is_share else _MOST
    for level, limit in (("warning", given.warning), ("critical", given.critical)):
        if limit is not None and not (math.isfinite(limit) and 0 <= limit <= most):
            raise AlertInvalid(f"{name}_{level}", f"Between 0 and {most:g}.")
    if given.warning is None and given.critical is None:
        raise AlertInvalid(f"{name}_critical", "A rule has at least one limit: nothing here may go unwatched.")
    if given.warning is not None and given.critical is not None and given.warning >= given.critical:
        raise AlertInvalid(f"{name}_critical", "The critical limit lies above the warning.")


def _as_text(limits: list[float | None]) -> list[str | None]:
    return [None if limit is None else f"{limit:g}" for limit in limits]
