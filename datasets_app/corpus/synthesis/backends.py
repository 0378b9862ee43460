"""Who writes the words of a batch: templates, a language model, or NeMo Data Designer. One interface for all.

A backend yields one `Made` for each row of a plan, in order, from any row on: `messages` with what is to say of them,
or the reason why there are none. It screens nothing: whether a row is real enough is for a person to say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from datasets_app.corpus.taxonomy import NONE_TYPE

from . import grammar
from .conversations import Exhausted, Unlike, first_new, row
from .edge_cases import CATEGORIES, generate_edge_cases
from .plan import SCENARIOS, Brief, Plan, brief_of
from .scenario import Scenario
from .telling import Told, tell

TEMPLATES: Final = "templates"
ENDPOINT: Final = "endpoint"
DESIGNER: Final = "designer"
BACKENDS: Final[Mapping[str, str]] = {
    TEMPLATES: "Templates",
    ENDPOINT: "Language model",
    DESIGNER: "NeMo Data Designer",
}


@dataclass(frozen=True)
class Made:
    """One row: the annotated sample, or (`row` is None) why there is none and what came instead."""

    number: int
    row: dict[str, Any] | None
    reason: str = ""
    detail: str = ""
    raw: str = ""


def _nothing() -> None:
    return


def _forget(remembered: str) -> None:
    return


@dataclass(frozen=True)
class Run:
    """Where a run begins and how it keeps in touch.

    `before` are the messages of the rows that were made already, `beat` is called a few times a second and may raise to
    end the run, `remember` keeps one string over a kill; `remembered` is what the last run kept.
    """

    start: int = 0
    before: Iterable[list[dict[str, str]]] = ()
    beat: Callable[[], None] = _nothing
    remember: Callable[[str], None] = field(default=_forget)
    remembered: str = ""


class Backend(Protocol):
    """Writes the rows of a plan."""

    name: str

    def make(self, plan: Plan, run: Run) -> Iterator[Made]:
        """Yield the rows from `run.start` on, in order, one `Made` each. May raise EndpointError."""
        ...


class Templates:
    """The grammar of scenarios: the same bytes for a plan, with no network and no model."""

    name = TEMPLATES

    def make(self, plan: Plan, run: Run) -> Iterator[Made]:
        """As Backend.make; what was made before is made again and left out, since later rows depend on it."""
        told = 0
        try:
            for made in rows_of(plan):
                run.beat()
                if told >= run.start:
                    yield Made(told, made)
                told += 1
        except Exhausted as error:
            for missing in range(max(run.start, told), plan.count):
                yield Made(missing, None, "exhausted", str(error))


def rows_of(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the rows that templates tell of a plan; those of `generate_synthetic` where it is not narrowed.

    Raises Exhausted where the grammar has nothing new left, ValueError where no scenario fits.
    """
    if plan.kind != SCENARIOS:
        chosen = [CATEGORIES[name] for name in plan.categories or tuple(CATEGORIES)]
        yield from generate_edge_cases(
            plan.count, plan.seed, categories=chosen, scenarios_per_category=plan.scenarios_per_category
        )
        return
    rules = grammar.load()
    unlike = Unlike()
    for number in range(plan.count):

        def told_of(rng: random.Random, number: int = number) -> tuple[Scenario, Told]:
            found = brief_of(plan, number, rng, rules).scenario
            return found, tell(found, rules, rng)

        scenario, told, _ = first_new(unlike, plan.seed, number, told_of)
        yield row(plan.identifier(number), scenario, told, plan.seed)


def told_by_a_model(
    brief: Brief, messages: list[dict[str, str]], plan: Plan, *, backend: str, model: str, near_copy: bool
) -> dict[str, Any]:
    """The annotated sample of a conversation that a language model wrote to a brief."""
    made = row(
        brief.identifier,
        brief.scenario,
        Told(messages=messages, register="model", disclosure_turn=None, story_told=True, culture=""),
        plan.seed,
    )
    if brief.category:
        made["is_edge_case"], made["edge_case_kind"] = True, brief.edge_case_kind
    provenance = {
        "backend": backend,
        "model": model,
        "statement": "synthetic: written by a language model to a scenario; nobody lived it",
    }
    made["metadata"] |= brief.marks() | {"provenance": provenance, "near_copy": near_copy}
    return made


def rules_on(made: Mapping[str, Any]) -> dict[str, Any]:
    """What the screening rules hear in a row, beside the label that was asked for. They reject nothing.

    `agree` is "same", "other_type", "missed" (asked for a crisis, none heard) or "raised" (the other way round).
    """
    # The rules are many and slow to load, and a hub that only starts needs none of them.
    from datasets_app.corpus.screening import assess

    heard = assess(made["conversation"])
    asked = made["crisis_type"]
    if asked == NONE_TYPE:
        agree = "raised" if heard.crisis else "same"
    elif not heard.crisis:
        agree = "missed"
    else:
        agree = "same" if asked in (heard.crisis_type, *heard.secondary_types) else "other_type"
    return {"type": heard.crisis_type, "severity": heard.severity, "agree": agree}
