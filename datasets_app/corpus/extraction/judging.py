"""How safe a reply is, by whoever said so; the kinds of judges are never mixed within one pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from datasets_app.corpus.parse import RowRejected
from datasets_app.corpus.replies.safety import reply_findings, safety_of
from datasets_app.corpus.screening.assessment import assess
from datasets_app.corpus.taxonomy import NONE_TYPE, alert_level, band_of

#: Judges in the order in which they are believed: a label that was decided, a rating of 1 to 5 by a person, a score
#: from 0 to 1 that the record brings along (enrichment), and our rules, which only estimate.
JUDGES: Final = ("labelled", "rated", "scored", "estimated")
ESTIMATED: Final = "estimated"
_LABELS: Final = {"safe": 1.0, "borderline": 0.5, "unsafe": 0.0, "harmful": 0.0}
_LOWEST, _HIGHEST = 1, 5


class Judged(NamedTuple):
    """Safety from 0 to 1 by judge, and the reasons of the rules against the reply."""

    scores: dict[str, float]
    reasons: list[str]


def judged(
    layers: Sequence[Mapping[str, Any]],
    prompt: Sequence[Mapping[str, str]],
    reply: str,
    crisis_type: str | None,
    severity: int | None,
) -> Judged:
    """Return what `layers` (of the reply itself, then of its row) say, and what the rules estimate.

    Raises RowRejected("bad_rating") for a rating, a score or a label that is none.
    """
    scores: dict[str, float] = {}
    for layer in layers:
        _read(layer, scores)
    # Earlier replies are part of the prompt, the same for all: only this one is judged.
    said = [message for message in prompt if message["role"] != "assistant"]
    found = safety_of(_level(said, crisis_type, severity), reply_findings([*said, _spoken(reply)]))
    if found.score is not None:
        scores[ESTIMATED] = found.score
    return Judged(scores, [reason.reason for reason in found.reasons])


def _spoken(reply: str) -> dict[str, str]:
    return {"role": "assistant", "content": reply}


def _level(said: Sequence[Mapping[str, str]], crisis_type: str | None, severity: int | None) -> str:
    if crisis_type:
        return alert_level("none", crisis_type, None if crisis_type == NONE_TYPE else severity).value
    found = assess(said)
    return alert_level(band_of(found.score), found.crisis_type, found.severity, found.timeline).value


def _read(layer: Mapping[str, Any], scores: dict[str, float]) -> None:
    label = layer.get("safety_label")
    if label is not None:
        if not isinstance(label, str) or label.strip().lower() not in _LABELS:
            raise RowRejected("bad_rating", f"a safety label is one of {', '.join(_LABELS)}")
        scores.setdefault("labelled", _LABELS[label.strip().lower()])
    for name in ("rubric", "ratings"):
        given = layer.get(name)
        if isinstance(given, Mapping) and given.get("safety") is not None:
            scores.setdefault("rated", _rating(given["safety"]))
    if layer.get("safety_rating") is not None:
        scores.setdefault("rated", _rating(layer["safety_rating"]))
    given = layer.get("scores")
    if isinstance(given, Mapping) and given.get("safety") is not None:
        value = given["safety"]
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise RowRejected("bad_rating", "a score of safety lies between 0 and 1")
        scores.setdefault("scored", float(value))


def _rating(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not _LOWEST <= value <= _HIGHEST:
        raise RowRejected("bad_rating", f"a rating of safety lies between {_LOWEST} and {_HIGHEST}")
    return round((value - _LOWEST) / (_HIGHEST - _LOWEST), 4)
