"""An exported file beside this hub's own trail: what is in the one and not in the other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from typing import Any, Final

from pixelhub.accounts.models import Project
from pixelhub.audit.browsing import Filter
from pixelhub.audit.exporting import Scope, chosen_in_order

__all__ = ["export_problems"]

_MOST: Final = 20


def export_problems(lines: Iterable[bytes], head: dict[str, Any]) -> list[str]:
    """What differs between the lines of a file that was found good and the trail, in order and constant memory."""
    scope = _scope(head["scope"])
    if scope is None:
        return ["this hub has no such project"]
    here = chosen_in_order(scope, _filter(head["filter"]), upto=int(head["chain"]["seq"]))
    problems: list[str] = []
    theirs = _events(lines)
    ours = ((event["seq"], event["hash"]) for event in here)
    left, right = next(theirs, None), next(ours, None)
    while (left or right) and len(problems) < _MOST:
        if left == right:
            left, right = next(theirs, None), next(ours, None)
        elif right is None or (left is not None and left[0] < right[0]):
            problems.append(f"event {left[0]}: is in the file, not among those of this hub")  # type: ignore[index]
            left = next(theirs, None)
        elif left is None or right[0] < left[0]:
            problems.append(f"event {right[0]}: fits the filter and is missing in the file")
            right = next(ours, None)
        else:
            problems.append(f"event {left[0]}: has another hash in this hub's trail")
            left, right = next(theirs, None), next(ours, None)
    return problems


def _events(lines: Iterable[bytes]) -> Any:
    for line in lines:
        event = json.loads(line)
        if "seq" in event:
            yield event["seq"], event["hash"]


def _scope(said: dict[str, Any]) -> Scope | None:
    if said["of"] != "project":
        return Scope(hub=said["of"] == "hub")
    project = Project.objects.filter(pk=said["project_id"], slug=said["project"]).first()
    return Scope(project) if project else None


def _filter(said: dict[str, str]) -> Filter:
    days = {name: date.fromisoformat(said[name]) for name in ("since", "until") if name in said}
    words = {field.name: said[field.name] for field in fields(Filter) if field.name in said and field.name not in days}
    return Filter(**words, **days)  # type: ignore[arg-type]
