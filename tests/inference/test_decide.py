"""Joining model and rules: the rules raise and never lower, and a failure never reads as "no crisis"."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from datasets_app.corpus.taxonomy import ALERT_LEVELS, CRISIS_TYPES, NONE_TYPE, RISK_LEVELS, SIX_TYPES
from inference.engine.assessment import Decision, decide
from inference.engine.rules import CRISIS_LEVELS, Finding
from inference.engine.session import Prediction

#: On a busy machine an example takes as long as it takes.
#: Where bands alone begin to alarm; thresholds are drawn on both sides of it.
ALARMING_FROM = 0.6
QUIET = Finding(0.03, "none", False, NONE_TYPE, None, None, (), (), ())


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    score = draw(st.floats(0, 1))
    crisis = score >= draw(st.sampled_from([0.0, 0.2, 0.5, 0.95, 1.0]) | st.floats(0, 1))
    crisis_type = draw(st.sampled_from(SIX_TYPES)) if crisis else NONE_TYPE
    probabilities = dict.fromkeys(CRISIS_TYPES, 0.0) | {NONE_TYPE: 1 - score}
    return Prediction(probabilities, score, crisis, crisis_type, draw(st.integers(1, 5)))


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    crisis_type = draw(st.sampled_from(CRISIS_TYPES))
    some = crisis_type != NONE_TYPE
    level = draw(st.sampled_from(RISK_LEVELS))
    timeline = draw(st.sampled_from([None, "immediate", "short_term", "ongoing"]))
    severity = draw(st.integers(1, 5)) if some else None
    return Finding(
        draw(st.floats(0, 1)), level, some and level in CRISIS_LEVELS, crisis_type, severity, timeline, (), (), ()
    )


def urgency(decision: Decision) -> int:
    return -ALERT_LEVELS.index(decision.alert_level)


@given(predictions(), findings())
def test_the_rules_never_lower(prediction: Prediction, finding: Finding) -> None:
    alone, joined = decide(prediction, QUIET), decide(prediction, finding)
    assert (joined.score or 0) >= (alone.score or 0)
    assert bool(joined.crisis) >= bool(alone.crisis)
    assert (joined.severity or 0) >= (alone.severity or 0)
    assert urgency(joined) >= urgency(alone)


@given(predictions(), findings())
def test_rules_of_moderate_risk_make_it_a_crisis(prediction: Prediction, finding: Finding) -> None:
    joined = decide(prediction, finding)
    alarms = prediction.score >= ALARMING_FROM
    assert joined.crisis is (prediction.crisis or finding.crisis or alarms)
    assert joined.degraded is False
    if not finding.crisis:
        assert (joined.score, joined.raised_by_rules) == (prediction.score, False)


@given(st.none() | predictions(), st.none() | findings())
def test_a_crisis_always_alerts(prediction: Prediction | None, finding: Finding | None) -> None:
    decision = decide(prediction, finding)
    assert (decision.alert_level == "none") <= (decision.verdict == "no_crisis")
    assert (decision.crisis_type == NONE_TYPE) is (decision.crisis is not True)


@given(predictions(), st.none() | findings())
def test_no_threshold_puts_no_crisis_beside_an_alarm(prediction: Prediction, finding: Finding | None) -> None:
    decision = decide(prediction, finding)
    if decision.verdict != "crisis":
        assert decision.alert_level in ("none", "concern")
        assert decision.band in ("none", "elevated")
    if prediction.crisis is False and prediction.score >= ALARMING_FROM:
        assert decision.crisis is True and decision.crisis_type in SIX_TYPES


def test_the_band_calls_it_a_crisis_where_the_threshold_does_not() -> None:
    likely = dict.fromkeys(CRISIS_TYPES, 0.01) | {"panic": 0.7, NONE_TYPE: 0.2}
    decision = decide(Prediction(likely, 0.8, False, NONE_TYPE, 3), QUIET)
    assert (decision.verdict, decision.crisis_type, decision.severity) == ("crisis", "panic", 3)
    assert (decision.alert_level, decision.raised_by_rules, decision.degraded) == ("urgent", False, False)


@given(st.none() | predictions(), st.none() | findings(), st.sampled_from(["", "model_slow"]))
def test_a_failure_never_reads_as_no_crisis(
    prediction: Prediction | None, finding: Finding | None, reason: str
) -> None:
    if prediction is not None and finding is not None:
        reason = ""
    decision = decide(prediction, finding, reason=reason)
    if prediction is None or finding is None:
        assert decision.degraded
        assert decision.reason
        assert decision.verdict != "no_crisis"
        assert decision.crisis is not False


def test_the_mildest_sign_counts_when_the_rules_are_alone() -> None:
    mild = Finding(0.3, "low", False, "passive_ideation", 1, "ongoing", (), (), ())
    assert decide(None, mild, reason="no_deployment").verdict == "crisis"
    calm = Prediction(dict.fromkeys(CRISIS_TYPES, 0.0), 0.1, False, NONE_TYPE, 1)
    assert decide(calm, mild).verdict == "no_crisis"


def test_another_persons_danger_alerts_and_makes_no_crisis_of_the_writers() -> None:
    calm = Prediction(dict.fromkeys(CRISIS_TYPES, 0.0), 0.1, False, NONE_TYPE, 1)
    decision = decide(calm, dataclasses.replace(QUIET, about_someone_else=True))
    assert (decision.verdict, decision.crisis, decision.band) == ("no_crisis", False, "none")
    assert decision.alert_level == "concern"
    grave = Prediction(dict.fromkeys(CRISIS_TYPES, 0.0), 0.9, True, "panic", 4)
    assert decide(grave, dataclasses.replace(QUIET, about_someone_else=True)) == decide(grave, QUIET)
