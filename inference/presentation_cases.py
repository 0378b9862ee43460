"""Cases as the pages show them: time left in words, the scores as a line, what to do and whom to call."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from datasets_app.corpus.taxonomy import CRISIS_TYPE_LABELS
from inference.engine.actions import Situation, actions_for
from inference.engine.answer import contacts_of
from inference.models import Case, CaseEvent, CaseKind, CaseState, EscalationTier
from inference.selectors_contacts import contacts_at

WIDTH, HEIGHT, EDGE = 640, 150, 12
_THRESHOLDS = (("Emergency", 0.8), ("Critical", 0.6), ("Elevated", 0.4))
_TIER_NAMES = {
    EscalationTier.ON_CALL: "",
    EscalationTier.CLINICAL_LEAD: "Clinical lead asked",
    EscalationTier.ADMINISTRATORS: "Administrators asked",
}


@dataclass(frozen=True)
class Row:
    """A line of the board."""

    case: Case
    title: str
    task: str
    due: datetime | None
    left: str
    overdue: bool
    tier: str

    @property
    def due_ms(self) -> int | None:
        """The deadline as a browser counts time."""
        return int(self.due.timestamp() * 1000) if self.due else None


def row_of(case: Case, now: datetime) -> Row:
    """What the board says of a case."""
    due = case.due
    return Row(
        case=case,
        title=title_of(case),
        task="Acknowledge" if case.state == CaseState.OPEN else "Decide" if due else "",
        due=due,
        left=words_of(due - now) if due else "",
        overdue=due is not None and due < now,
        tier=_TIER_NAMES[EscalationTier(case.tier)] if due else "",
    )


def title_of(case: Case) -> str:
    """What it is about, in words."""
    if case.is_standing:
        return "Must be read: no model is deployed"
    if case.kind == CaseKind.UNREAD:
        return "Must be read: the model gave no answer"
    return CRISIS_TYPE_LABELS.get(case.crisis_type, case.crisis_type)


def words_of(left: timedelta) -> str:
    """ "4 min left", "1 h 10 min over": to the minute, because it is read, not watched."""
    seconds = left.total_seconds()
    minutes = int(abs(seconds) // 60)
    amount = f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
    return f"{amount} left" if seconds >= 0 else f"{amount} over"


@dataclass(frozen=True)
class Point:
    """A score in the drawing; `unknown` where there was none."""

    x: float
    y: float
    band: str
    unknown: bool


def drawing_of(events: Sequence[CaseEvent]) -> dict[str, Any]:
    """The scores as points and a line over their order, with the borders of the bands."""
    scores = [event.score for event in events if event.score is not None]
    step = (WIDTH - 2 * EDGE) / max(1, len(scores) - 1)
    points = [
        Point(
            x=round(EDGE + index * step, 1),
            y=_height(score.score or 0.0),
            band=score.band,
            unknown=score.score is None,
        )
        for index, score in enumerate(scores)
    ]
    line = " ".join(f"{point.x},{point.y}" for point in points if not point.unknown)
    borders = [{"label": label, "y": _height(value), "text_y": _height(value) - 3} for label, value in _THRESHOLDS]
    return {"points": points, "line": line, "borders": borders, "width": WIDTH, "height": HEIGHT}


def _height(score: float) -> float:
    return round(HEIGHT - EDGE - score * (HEIGHT - 2 * EDGE), 1)


def steps_of(case: Case, signals: Collection[str]) -> list[dict[str, Any]]:
    """What to do at this level and with these signals, with whom to call at the person's place and who checked that."""
    contacts = contacts_at(case.project, case.locale)
    known = {id(contact): one for contact, one in contacts}
    situation = Situation(
        unknown=case.kind == CaseKind.UNREAD,
        poisoned="substance_overdose" in signals,
        psychotic=case.crisis_type == "psychotic",
        panicking=case.crisis_type == "panic",
        violence_at_home="domestic_violence" in signals,
    )
    return [
        {
            "detail": action["detail"],
            "contacts": [known[id(one)] for one in contacts_of(action, [contact for contact, _ in contacts])],
        }
        for action in actions_for(case.level, situation=situation)
    ]


def rows_of(cases: Sequence[Case]) -> list[Row]:
    """The board's lines, all of one moment."""
    now = timezone.now()
    return [row_of(case, now) for case in cases]
