# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""What makes a transcript one about complex trauma, and which of its themes a passage touches."""

from __future__ import annotations

import re
from typing import Final

#: One of these names the subject itself.
SUBJECT: Final = re.compile(
    r"\bc-?\s?ptsd\b|\bcomplex (?:ptsd|post[- ]?traumatic|trauma)|\b(?:childhood|developmental|relational|attachment) trauma\b|\btrauma bond",
    re.IGNORECASE,
)
THEMES: Final[dict[str, re.Pattern[str]]] = {
    "complex_trauma": SUBJECT,
    "abuse": re.compile(r"\b(?:abus(?:e|ed|ive|er)|molest(?:ed|ation)|incest|violat(?:ed|ion)|beaten|rap(?:e|ed))\b", re.IGNORECASE),
    "neglect": re.compile(r"\b(?:emotional(?:ly)? )?neglect(?:ed|ful)?\b|\bunmet needs?\b", re.IGNORECASE),
    "abandonment": re.compile(r"\babandon(?:ed|ment|s|ing)?\b|\brejection\b", re.IGNORECASE),
    "shame": re.compile(r"\b(?:toxic )?shame\b|\bashamed\b|\bworthless(?:ness)?\b|\binner critic\b", re.IGNORECASE),
    "flashbacks": re.compile(r"\bflash-?\s?backs?\b|\btriggers?\b|\btriggered\b|\bintrusive\b", re.IGNORECASE),
    "dissociation": re.compile(r"\bdissociat\w+|\bnumb(?:ness|ing|ed)?\b|\bderealization\b|\bdepersonali[sz]\w+|\bshut(?:s|ting)? down\b", re.IGNORECASE),
    "hypervigilance": re.compile(r"\bhyper-?\s?vigilan\w+|\bfight[ ,-]+(?:or )?flight\b|\bfawn(?:ing)?\b|\bsurvival mode\b|\bnervous system\b|\bdysregulat\w+", re.IGNORECASE),
    "attachment": re.compile(r"\battachment\b|\bcodependen\w+|\bpeople[- ]pleas\w+|\bboundar(?:y|ies)\b", re.IGNORECASE),
    "recovery": re.compile(r"\binner child\b|\bre-?parent\w*|\bgrounding\b|\btrauma (?:therapy|recovery|healing|informed)\b|\bheal(?:ing)? from\b", re.IGNORECASE),
}  # fmt: skip
_ENOUGH: Final = 3


def themes_of(text: str) -> list[str]:
    """Return the names of the themes that a text touches, in the order of `THEMES`."""
    return [name for name, pattern in THEMES.items() if pattern.search(text)]


def is_about_trauma(text: str) -> bool:
    """Tell whether a whole transcript belongs to the set: it names complex trauma, or touches three themes."""
    return bool(SUBJECT.search(text)) or len(themes_of(text)) >= _ENOUGH
