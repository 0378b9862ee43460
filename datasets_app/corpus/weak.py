"""Weak labels: what a place of posting and the rule-based screening say together. Nobody reads the text.

A public collection often says only where a text was posted. That is turned into a label of this product by a stated
rule, and the label keeps the rule's name. Where place and words disagree, the graver reading is taken and the record is
an edge case: it stays in every release, and a person should look at it first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pixelhub.canonical import canonical_json, sha256_hex

from .rules_version import SCREENING_VERSION
from .taxonomy import NONE_TYPE, EdgeCaseKind

if TYPE_CHECKING:
    from .screening import Assessment

# Severity of a text that was posted among people in crisis and in which the rules see no sign: between mild and plan.
UNSEEN_SEVERITY: Final = 3
# From here on a sign of the rules outweighs a place where people are in no crisis.
SIGN_SEVERITY: Final = 3
RULES: Final[Mapping[str, str]] = {
    "place_and_screening": "Posted among people in crisis; type and severity by the screening rules.",
    "place_alone": "Posted among people in crisis; the rules see no sign: passive ideation, severity 3.",
    "elsewhere": "Posted elsewhere, and the rules see no sign of severity 3 or more: none.",
    "screening_over_place": "Posted elsewhere, but the rules see a sign of severity 3 or more: what they say.",
    "screening_of_excerpt": "One sentence of a text; type and severity by the screening rules.",
}
_CONFIDENCE: Final[Mapping[str, float]] = {
    "place_and_screening": 0.8,
    "place_alone": 0.6,
    "elsewhere": 0.8,
    "screening_over_place": 0.5,
    "screening_of_excerpt": 0.7,
}
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_EXCERPT_WORDS: Final = (3, 40)
_LONG_TEXT_WORDS: Final = 40


@dataclass(frozen=True)
class WeakLabel:
    """A label with the rule that gave it; severity is None exactly for `none`."""

    crisis_type: str
    severity: int | None
    confidence: float
    rule: str
    is_edge_case: bool
    edge_case_kind: str


def rule_sha256(rule: str) -> str:
    """Return the identity of a rule: its name, what it says, the screening behind it. KeyError for an unknown one."""
    return sha256_hex(canonical_json({"rule": rule, "says": RULES[rule], "screening": SCREENING_VERSION}))


def weak_label(messages: Sequence[Mapping[str, str]], *, among_crises: bool) -> WeakLabel:
    """Return the weak label of a text that was posted among people in crisis, or elsewhere."""
    found = _assessed(messages)
    if among_crises:
        if found.crisis:
            return _label(found.crisis_type, found.severity, "place_and_screening")
        return _label("passive_ideation", UNSEEN_SEVERITY, "place_alone")
    if found.crisis and (found.severity or 0) >= SIGN_SEVERITY:
        return _label(found.crisis_type, found.severity, "screening_over_place")
    return _label(NONE_TYPE, None, "elsewhere")


def excerpt_label(text: str) -> WeakLabel:
    """Return the label of one sentence by the screening rules alone."""
    found = _assessed(_said(text))
    return _label(found.crisis_type, found.severity, "screening_of_excerpt")


def excerpt_of(text: str, *, among_crises: bool, seed: int) -> str:
    """Return one sentence of a long text to learn short ones from, "" where there is none to be sure of.

    Of a text from among people in crisis it is one in which the rules see a sign, of another one in which they see
    none: a long text's label says nothing of a sentence taken out of it.
    """
    if len(text.split()) < _LONG_TEXT_WORDS:
        return ""
    sentences = [found.strip() for found in _SENTENCE_END.split(text)]
    least, most = _EXCERPT_WORDS
    usable = [sentence for sentence in sentences if least <= len(sentence.split()) <= most]
    # The seed turns the list: which sentence is taken must not be the first one always, nor differ between runs.
    start = seed % len(usable) if usable else 0
    for sentence in [*usable[start:], *usable[:start]]:
        found = _assessed(_said(sentence))
        if among_crises and found.crisis and (found.severity or 0) >= SIGN_SEVERITY:
            return sentence
        if not among_crises:
            return "" if found.crisis else sentence
    return ""


def _assessed(messages: Sequence[Mapping[str, str]]) -> Assessment:
    # The rules are many and slow to load, and a hub that only starts needs none of them.
    from .screening import assess

    return assess(messages)


def _said(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _label(crisis_type: str, severity: int | None, rule: str) -> WeakLabel:
    odd = rule == "screening_over_place"
    kind = EdgeCaseKind.AMBIGUOUS_SIGNAL.value if odd else ""
    return WeakLabel(crisis_type, severity, _CONFIDENCE[rule], rule, odd, kind)
