# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""Protective factors and timeline cues; reported beside the risk, never enough to cancel a plan, means or a time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from datasets_app.corpus.taxonomy import ProtectiveFactor, Timeline

from .context import is_negated

FACTORS: Final[dict[ProtectiveFactor, re.Pattern[str]]] = {
    factor: re.compile(pattern, re.IGNORECASE | re.ASCII)
    for factor, pattern in {
        ProtectiveFactor.SOCIAL_SUPPORT: r"\b(?:my (?:therapist|counsel\w+|doctor|psychiatrist|sponsor|support group)|"
        r"(?:talked|talking|told|reached out|spoke) (?:to|with) (?:my|a|someone)|(?:friends?|family|sister|brother|mom|mum|dad|wife|husband|partner) "
        r"(?:is|are) (?:here|with me|helping|supportive|staying)|called (?:988|a hotline|the crisis line|my sponsor))\b",
        ProtectiveFactor.COPING_SKILLS: r"\b(?:breathing exercises?|ground(?:ing|ed)|safety plan|journal(?:ing)?|meditat\w+|coping skills?|"
        r"skills? (?:from|i learned)|going for (?:a )?(?:walk|run)s?|ice cube|distract myself|meeting tonight)\b",
        ProtectiveFactor.HOPE: r"\b(?:getting better|looking forward|hopeful|things will (?:get better|improve)|want to get (?:better|help)|"
        r"want to live|one day at a time|light at the end|proud of)\b",
        ProtectiveFactor.RESPONSIBILITY: r"\b(?:my (?:kids?|children|son|daughter|dog|cat|baby|parents|mom|mum) (?:need|needs|depend|depends|would be|keeps? me)|"
        r"(?:could never|couldn'?t|can'?t) do (?:that|it|this) to (?:my|them|her|him)|because of my (?:kids?|family|dog|cat|mom|mum|son|daughter)|"
        r"only thing (?:keeping|stopping) me)\b",
    }.items()
}
_IMMEDIATE: Final = re.compile(
    r"\b(?:tonight|right now|today|this (?:evening|minute|hour|very)|as i (?:type|write)|at this moment|just (?:took|swallowed)|in an hour|home now|won'?t stop)\b",
    re.IGNORECASE,
)
_SHORT_TERM: Final = re.compile(
    r"\b(?:tomorrow|this week(?:end)?|next (?:week|few days)|soon|before (?:the )?(?:\w+day|weekend|christmas|birthday)|in (?:a few|two|three|\d) days|by (?:the weekend|\w+day))\b",
    re.IGNORECASE,
)


def protective_factors(text: str, among: Iterable[ProtectiveFactor] = tuple(FACTORS)) -> list[ProtectiveFactor]:
    """Return the factors of `among` that the text names, without those it denies."""
    found = []
    for factor in among:
        match = FACTORS[factor].search(text)
        if match and not is_negated(text, match.start(), match.end()):
            found.append(factor)
    return found


def time_in(text: str) -> Timeline:
    """Return when the danger is, by the words of the text that holds it."""
    if _IMMEDIATE.search(text):
        return Timeline.IMMEDIATE
    if _SHORT_TERM.search(text):
        return Timeline.SHORT_TERM
    return Timeline.ONGOING
