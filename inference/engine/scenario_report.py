"""What the rules alone and a model with the rules beside it answer to the scenarios, as figures and as a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from datasets_app.corpus.rules_version import SCREENING_VERSION
from inference.engine.assessment import Decision
from inference.engine.scenarios import GROUPS, Expected, Scenario, decision_for, scenarios, wrong_with
from inference.engine.session import ModelSession

_TITLES: Final = {
    "integration": "The 18 scenarios of the integration suite",
    "boundary": "The guideline's boundary examples",
    "context": "Context",
    "dialogues": "Further dialogues",
    "heldout": "Dialogues that the rules were not made for",
    "asked": "Asked about suicide, the person says no",
}
_ABOUT: Final = {
    "integration": "All six types, passive ideation, patterns across turns, and controls without a crisis.",
    "boundary": "Word for word from the annotation guidelines; the rules were written with them at hand.",
    "context": "Roles, questions and their answers, jokes, denial, relief, recovery, other people.",
    "dialogues": "Written blind, then used to find gaps: the rules have been mended for what these showed, so they say "
    "little of other words.",
    "heldout": "Written after the last larger change of the rules and measured once: 4 of 8 crises called. One gap too "
    "plain to leave (“about thirty ibuprofen”) was closed afterwards.",
    "asked": "A clear no, a no that leaves a door open, a no beside a disclosure, after an assistant's question. Why "
    "the program undoes no alarm after a no: [decision 34](decisions/0034-a-no-is-the-model-s-to-learn.md).",
}


@dataclass(frozen=True)
class Outcome:
    """One scenario with both decisions and what is wrong in each; `model` is None where no model was asked."""

    scenario: Scenario
    rules: Decision
    model: Decision | None
    rules_wrong: tuple[str, ...]
    model_wrong: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """How many crises of a group are called a crisis, and how many controls are."""

    crises: int
    called: int
    controls: int
    alarms: int


def outcomes(session: ModelSession | None = None) -> list[Outcome]:
    """Ask the rules alone and, where there is one, the model with the rules beside it."""
    found = []
    for scenario in scenarios():
        rules = decision_for(scenario)
        model = decision_for(scenario, session) if session else None
        found.append(
            Outcome(
                scenario=scenario,
                rules=rules,
                model=model,
                rules_wrong=tuple(wrong_with(scenario, rules)),
                model_wrong=tuple(wrong_with(scenario, model)) if model else (),
            )
        )
    return found


def tally(found: Sequence[Outcome], group: str, *, model: bool) -> Tally:
    """Count one group for the model with rules, or for the rules alone."""
    among = [outcome for outcome in found if outcome.scenario.group == group]
    crises = [_called(outcome, model) for outcome in among if outcome.scenario.expected.crisis is True]
    controls = [_called(outcome, model) for outcome in among if outcome.scenario.expected.crisis is False]
    return Tally(len(crises), sum(crises), len(controls), sum(controls))


def _called(outcome: Outcome, model: bool) -> bool:
    decision = outcome.model if model else outcome.rules
    return bool(decision and decision.crisis)


def missed(found: Sequence[Outcome]) -> list[Outcome]:
    """Crises that the best answer at hand does not call one."""
    return [outcome for outcome in found if "missed" in (outcome.model_wrong if outcome.model else outcome.rules_wrong)]


def as_dict(found: Sequence[Outcome], model_name: str) -> dict[str, Any]:
    """Plain JSON: per group and per scenario, without the conversations."""
    with_model = any(outcome.model for outcome in found)
    sources = ["rules", *(["model"] if with_model else [])]
    return {
        "screening_version": SCREENING_VERSION,
        "model": model_name or None,
        "groups": {
            group: {source: vars(tally(found, group, model=source == "model")) for source in sources}
            for group in GROUPS
        },
        "scenarios": {
            outcome.scenario.id: {
                "rules": _decision(outcome.rules, outcome.rules_wrong),
                "model": _decision(outcome.model, outcome.model_wrong) if outcome.model else None,
            }
            for outcome in found
        },
    }


def _decision(decision: Decision, wrong: Sequence[str]) -> dict[str, Any]:
    return {
        "verdict": decision.verdict,
        "crisis_type": decision.crisis_type,
        "severity": decision.severity,
        "band": decision.band,
        "alert_level": decision.alert_level,
        "raised_by_rules": decision.raised_by_rules,
        "wrong": list(wrong),
    }


def as_markdown(found: Sequence[Outcome], model_name: str) -> str:
    """The document: what was expected, what was got, and what is still wrong."""
    lines = [*_beginning(model_name), *_summary(found, model_name), *_wrong(found, model_name)]
    for group in GROUPS:
        lines += _group(found, group, model_name)
    return "\n".join(lines) + "\n"


def _beginning(model_name: str) -> Iterator[str]:
    yield "# Scenarios"
    yield ""
    yield "Invented conversations, each with the answer that it should get, and what it gets. The conversations are in"
    yield "`inference/engine/scenarios.json`; the integration suite sends the same ones to a running service. This page"
    yield "is made by `manage.py scenarios --bundle FOLDER --doc docs/scenarios.md` and is not edited by hand."
    yield ""
    yield f"Rules: version {SCREENING_VERSION}. Model: {model_name or 'none was asked'}."
    yield ""
    yield "- **Rules alone** is the degraded answer, without a model. Where no rule sees anything it says “unknown:"
    yield "  have a person read this”, never “no crisis”; here that is right for a control, a crisis counts as missed."
    yield "- **With the model** the rules run beside it and can only raise: where a model calls fiction or an idiom a"
    yield "  crisis, they cannot take it back."
    yield "- A wrong type or band stands beside crises that were called."
    yield "- A few texts by one author in English: on other people's words the figures are in"
    yield "  [screening.md](screening.md) and [default-model.md](default-model.md)."
    yield ""


def _summary(found: Sequence[Outcome], model_name: str) -> Iterator[str]:
    yield "| group | crises called, rules alone | with the model | controls called, rules alone | with the model |"
    yield "|---|---|---|---|---|"
    for group in GROUPS:
        rules, model = tally(found, group, model=False), tally(found, group, model=True)
        cells = [f"{rules.called} of {rules.crises}", f"{rules.alarms} of {rules.controls}"]
        more = (
            [f"{model.called} of {model.crises}", f"{model.alarms} of {model.controls}"] if model_name else ["–", "–"]
        )
        yield f"| {_TITLES[group]} | {cells[0]} | {more[0]} | {cells[1]} | {more[1]} |"
    yield ""


def _wrong(found: Sequence[Outcome], model_name: str) -> Iterator[str]:
    yield "## What is still wrong"
    yield ""
    lists = [("Rules alone", [(outcome, outcome.rules, outcome.rules_wrong) for outcome in found])]
    if model_name:
        lists.append(
            (
                "With the model",
                [(found_one, found_one.model or found_one.rules, found_one.model_wrong) for found_one in found],
            )
        )
    for title, entries in lists:
        yield f"**{title}**"
        yield ""
        wrong = [entry for entry in entries if entry[2]]
        for outcome, decision, why in wrong:
            yield f"- {outcome.scenario.title} (`{outcome.scenario.id}`): {', '.join(why)}; {_got(decision)}."
        if not wrong:
            yield "- nothing in these texts"
        yield ""


def _group(found: Sequence[Outcome], group: str, model_name: str) -> Iterator[str]:
    among = [outcome for outcome in found if outcome.scenario.group == group]
    yield f"## {_TITLES[group]}"
    yield ""
    yield _ABOUT[group]
    yield ""
    yield "| scenario | expected | rules alone | with the model | why |"
    yield "|---|---|---|---|---|"
    for outcome in among:
        scenario = outcome.scenario
        cells = [
            _plain(scenario.title),
            _expected(scenario.expected),
            _cell(outcome.rules, outcome.rules_wrong),
            _cell(outcome.model, outcome.model_wrong) if outcome.model and model_name else "–",
            _plain(scenario.why),
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _expected(expected: Expected) -> str:
    ends = dict.fromkeys((*expected.severity[:1], *expected.severity[-1:]))
    levels = "–".join(str(level) for level in ends)
    kinds = " or ".join(kind.replace("_", " ") for kind in expected.types)
    if expected.crisis is False:
        alert = f"; alert at least {expected.alert_at_least}" if expected.alert_at_least != "none" else ""
        return f"no crisis{alert}"
    either = "none, or " if expected.crisis is None else ""
    called = f"{kinds} {levels}" if kinds else "a mild sign"
    return f"{either}{called} ({', '.join(expected.bands)})"


def _got(decision: Decision) -> str:
    if decision.crisis:
        return f"{decision.crisis_type.replace('_', ' ')} {decision.severity or ''} ({decision.band})".replace(
            " (", " ("
        )
    alert = f", alert {decision.alert_level}" if decision.alert_level != "none" else ""
    return f"{decision.verdict.replace('_', ' ')}{alert}" + (f", score {decision.score:.2f}" if decision.score else "")


def _cell(decision: Decision, wrong: Sequence[str]) -> str:
    got = _got(decision)
    return f"**{', '.join(wrong)}**: {got}" if wrong else got


def _plain(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
