"""Whether a line may come in beside a person's own words: what it takes for granted must not speak against them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_SCHOOL: Final = (
    r"school|class|teachers?|homework|exams?|pe|grade|prom|crush|dorm|semester|my (?:mum|mom) (?:knows|thinks|says)"
)
_GROWN: Final = (
    r"my (?:kids?|sons?|daughters?|husband|wife|boss|company|landlord|pension|business)|divorce\w*|mortgage|retired?|"
    r"laid off|layoffs?|fired|rent|sponsor|my shift|the baby|barracks|army|military|veteran|at work|my job|offices?|"
    r"sober|clean for|my kid's|papers run out"
)
_CULTURE: Final = (
    r"(?:family|household|community|church|mosque|temple|pastor|refugee|immigrants?|my country|my culture|came here)"
)
_ALONE: Final = r"divorce\w*|separated|broke up|split up|left me|my ex|single|widow\w*|relationship|engagement|alone"


class _Clash(NamedTuple):
    """Words of a line, and what the person must not have said for it to be let in, nor be younger or older than."""

    line: re.Pattern[str]
    said: re.Pattern[str]
    ages: tuple[int, int]


def _clash(line: str, said: str, ages: tuple[int, int] = (0, 120)) -> _Clash:
    pattern = re.compile(rf"\b(?:{said})\b", re.IGNORECASE)
    return _Clash(re.compile(rf"\b(?:{line})\b", re.IGNORECASE), pattern, ages)


_CLASHES: Final = (
    _clash(r"my (?:partner|husband|wife|in-laws)|cook for one", rf"{_ALONE}|{_SCHOOL}", (20, 75)),
    _clash(
        r"my son|our daughter|the children|(?:mother|father) of|single mother",
        rf"{_SCHOOL}|my (?:kids?|sons?|daughters?)|the baby|no kids|childless|pregnan\w*",
        (22, 58),
    ),
    _clash(
        r"position|shifts?|manager|team|office|offices|plant|badges|job centre|applications|ward|rota|colleagues|"
        r"work|van|nursery|nights|accounts|books for|garage|navy",
        rf"{_SCHOOL}|retired?|laid off|layoffs?|fired|unemployed|lost my job|out of work|housebound",
        (19, 65),
    ),
    _clash(
        r"ninth grade|big school|library|papers in two weeks|study group|marks|study|electrician|course|teenagers",
        _GROWN,
        (14, 38),
    ),
    _clash(r"retired|widower|stopped working|thirty-one years", rf"{_SCHOOL}|my boss|work|shift|the baby", (58, 120)),
    _clash(
        r"Nigeria|Poland|Korean|Muslim|imam|incense|evil eye|another language|time zones|visa|my language|my people|"
        r"healer|elders|elder|back home|where I'm from|our community|prayers|village|liver|heavy head|wind got",
        _CULTURE,
    ),
    _clash(r"deaf", r"hear\w*|voices?|radio|sounds?|music|phone|calls?|called|listen\w*|whisper\w*|loud|sing\w*"),
    _clash(r"blind", r"see\w*|saw|watch\w*|look\w*|shadows?|shape|read\w*|mirror|lights?|drive|driving|camera\w*"),
    _clash(
        r"wheelchair|five-a-side|knee|cycle",
        r"walk\w*|r[au]n\w*|stairs|stairwell|stand\w*|bridge|roof|climb\w*|gym|wheelchair|housebound|disabled|surgery|"
        r"platform|danced?|barracks|pain",
    ),
    _clash(
        r"a man|man|boy|father|widower",
        r"pregnan\w*|had a baby|gave birth|the baby|my period|as a (?:wom[ae]n|girl|mum)",
    ),
    _clash(r"woman|girl|mother", r"as a (?:m[ae]n|boy|dad|father)"),
)  # fmt: skip
_AGE: Final = re.compile(
    r"\b(?:i'?m|i am|as a|being) (\d{2})\b|\b(\d{2})[- ]?(?:years?[- ]old|yo|y/o)\b|\b(\d{2}) ?[mf]\b|"
    r"\b[mf] ?(\d{2})\b",
    re.IGNORECASE,
)


def stated_age(said: str) -> int | None:
    """Return the age that a person gives, None where they give none."""
    found = _AGE.search(said)
    return int(next(group for group in found.groups() if group)) if found else None


def clashes(line: str, said: str) -> bool:
    """Whether `line` speaks against what the person says of their life."""
    age = stated_age(said)
    return any(
        each.line.search(line)
        and (each.said.search(said) or (age is not None and not each.ages[0] <= age <= each.ages[1]))
        for each in _CLASHES
    )


def fitting(lines: Iterable[str], said: str) -> list[str]:
    """Return those of the lines that may come in beside what is said, in their order."""
    return [line for line in lines if not clashes(line, said)]
