"""Join what the model says with what the rules see: the rules may raise an answer, never lower it.

`decide` is pure: a prediction and a finding in, a decision out. A missing prediction (degraded) never becomes
"no crisis": without a signal of the rules the verdict is "unknown" and a person is asked to read. Nor does a score
that alarms: where a model's threshold lies above the bands that open a case, the band calls it a crisis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from datasets_app.corpus.taxonomy import ALERT_LEVELS, NONE_TYPE, AlertLevel, alert_level, band_of, harm_rank
from inference.engine.rules import Finding
from inference.engine.session import Prediction

CRISIS, NO_CRISIS, UNKNOWN = "crisis", "no_crisis", "unknown"
UNKNOWN_BAND = "unknown"
URGENT_BANDS = frozenset({"critical", "emergency"})
#: Levels that may open a case for a person.
ALARMING = frozenset({"emergency", "urgent", "severe"})


@dataclass(frozen=True)
class Decision:
    """The answer's verdict, before it is dressed for the client.

    `crisis` is None when the verdict is unknown; `score` is None when neither the model nor the rules gave one. An
    alert level beside "no crisis" is "concern" at the most: another person's danger, or a score below the threshold.
    """

    verdict: str
    crisis: bool | None
    score: float | None
    crisis_type: str
    severity: int | None
    band: str
    alert_level: str
    raised_by_rules: bool
    degraded: bool
    reason: str

    @property
    def must_be_durable(self) -> bool:
        """Whether the row, and the case that it may open, have to be on disk before the client gets the answer."""
        return self.degraded or self.band in URGENT_BANDS or self.alert_level in ALARMING


def decide(prediction: Prediction | None, finding: Finding | None, *, reason: str = "") -> Decision:
    """Join both sources. `reason` says why there is no prediction; a missing finding is a degradation of its own."""
    reason = reason or ("model_failed" if prediction is None else "")
    if finding is None:
        reason = f"{reason}, rules_failed".removeprefix(", ")
    prediction = _raised_by_band(prediction) if prediction else None
    model = prediction if prediction and prediction.crisis else None
    rules = finding if finding and _counts(finding, alone=prediction is None) else None
    if model or rules:
        return _crisis(prediction, model, rules, reason)
    known_score = prediction.score if prediction else (finding.score if finding else None)
    if reason:
        band = str(band_of(prediction.score)) if prediction else UNKNOWN_BAND
        floor = alert_level(band, NONE_TYPE) if prediction else AlertLevel.CONCERN
        return Decision(
            verdict=UNKNOWN,
            crisis=None,
            score=known_score,
            crisis_type=NONE_TYPE,
            severity=None,
            band=band,
            alert_level=_at_least_concern(floor),
            raised_by_rules=False,
            degraded=True,
            reason=reason,
        )
    assert prediction is not None  # no reason means that the model answered
    band = band_of(prediction.score)
    level = str(alert_level(band, NONE_TYPE))
    return Decision(
        verdict=NO_CRISIS,
        crisis=False,
        score=prediction.score,
        crisis_type=NONE_TYPE,
        severity=None,
        band=str(band),
        alert_level=_at_least_concern(level) if finding and finding.about_someone_else else level,
        raised_by_rules=False,
        degraded=False,
        reason="",
    )


def _raised_by_band(prediction: Prediction) -> Prediction:
    """The same, called a crisis where its band alone is an alarm: a threshold can not take that back."""
    if prediction.crisis or alert_level(band_of(prediction.score), NONE_TYPE) not in ALARMING:
        return prediction
    of_a_crisis = {label: p for label, p in prediction.probabilities.items() if label != NONE_TYPE}
    return replace(prediction, crisis=True, crisis_type=max(of_a_crisis, key=of_a_crisis.__getitem__))


def _counts(finding: Finding, *, alone: bool) -> bool:
    """Whether the rules call it a crisis: from moderate risk on beside a model, with any sign when they are alone."""
    return finding.crisis or (alone and finding.crisis_type != NONE_TYPE)


def _crisis(prediction: Prediction | None, model: Prediction | None, rules: Finding | None, reason: str) -> Decision:
    """`model` and `rules` are the sources that call it a crisis; at least one of them is there."""
    scores = [source.score for source in (prediction, rules) if source is not None]
    severities = [source.severity for source in (model, rules) if source is not None and source.severity]
    score, severity = max(scores), max(severities, default=None)
    crisis_type = _crisis_type(model, rules)
    band = band_of(score)
    timeline = rules.timeline if rules else None
    level = _at_least_concern(alert_level(band, crisis_type, severity, timeline))
    raised = model is None or (score, severity, crisis_type, level) != (
        model.score,
        model.severity,
        model.crisis_type,
        _at_least_concern(alert_level(band_of(model.score), model.crisis_type, model.severity)),
    )
    return Decision(
        verdict=CRISIS,
        crisis=True,
        score=score,
        crisis_type=crisis_type,
        severity=severity,
        band=str(band),
        alert_level=level,
        raised_by_rules=raised and prediction is not None,
        degraded=bool(reason),
        reason=reason,
    )


def _crisis_type(model: Prediction | None, rules: Finding | None) -> str:
    """The model's type, unless the rules see something more severe and more harmful."""
    if model is None:
        assert rules is not None
        return rules.crisis_type
    if rules and (rules.severity or 0) > model.severity and harm_rank(rules.crisis_type) < harm_rank(model.crisis_type):
        return rules.crisis_type
    return model.crisis_type


def _at_least_concern(level: str) -> str:
    candidates: Sequence[str] = (str(level), AlertLevel.CONCERN.value)
    return min(candidates, key=ALERT_LEVELS.index)
