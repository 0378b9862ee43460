# ruff: noqa: E501  (a pattern broken over lines is harder to check than a long one)
"""A leave-taking that never says the word: things given away, affairs in order, a sudden calm, a goodbye.

Each of them is ordinary life. Three kinds close together, one of them about what is left behind and one of calm or
farewell, is how people prepare. Nothing that explains it otherwise (a move, a journey, a clear-out) may stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from datasets_app.corpus.taxonomy import CrisisSignal, SignalFamily

from . import context
from .reading import Reading
from .signals import Signal, compiled

#: Kinds of cue from which on it is a sign.
ENOUGH: Final = 3
#: A person within the hour; nobody is woken for what was never said.
_SEVERITY: Final = 3
#: Characters of user text within which the kinds stand together.
WINDOW_CHARS: Final = 1_500
_MAX_PLACES: Final = 20
_OWN_THING: Final = r"(?:dog|cat|pets?|guitar|piano|bike|bicycle|records?|books|plants?|watch|ring|jewel\w+|car|clothes|things|tools|collection|laptop|camera|violin|birds?|fish|horse|rabbits?|stuff|belongings)"


@dataclass(frozen=True)
class Cue:
    """One kind. `leaves`: about what is left behind; the others are calm and farewell."""

    name: str
    pattern: str
    leaves: bool


CUES: Final[tuple[Cue, ...]] = (
    Cue("given_away", rf"\b(?:given|gave|giving|left) (?:away )?(?:\w+ )?my (?:\w+ ){{0,2}}{_OWN_THING}\b|\b(?:gave|given|giving) (?:\w+ ){{1,3}}my (?:\w+ )?{_OWN_THING}\b|\bfound (?:somebody|someone|people|a (?:good |new |nice |loving )?(?:home|family|place)) (?:who |that )?(?:\w+ )?(?:takes?|for|will take|to take) (?:in )?my (?:\w+ )?{_OWN_THING}\b|\bmy (?:\w+ )?{_OWN_THING} (?:is|are|has|have|goes|go|will go)(?: been)? (?:\w+ )?(?:at my \w+(?:'s)?|with my \w+|given away|gone to|found a (?:new )?home|to my \w+)\b|\b(?:spare )?keys? (?:\w+ ){{0,2}}(?:in|into) an envelope\b|\blabelled (?:\w+ )?boxes\b|\byou (?:get|can have|should have|can keep|inherit) (?:the|my) (?:\w+ )?(?:{_OWN_THING}|player)\b|\benvelopes? (?:\w+ )?(?:for|to) (?:my|the|\w+ with)\b", True),
    Cue("no_need", r"\b(?:won'?t|will not|don'?t|do not|no longer) (?:be )?(?:need(?:ing)?|using|wearing|playing|driving) (?:it|them|any of (?:it|this|that)|those|that|these|my things)\b", True),
    Cue("affairs", r"\b(?:changed|wrote|written|made|updated|finished) (?:my|a) (?:last )?will\b|\b(?:wrote|written|writing) down (?:\w+ )?(?:of )?my passwords\b|\bmy passwords (?:for|to) my\b|\bmy life insurance\b|\b(?:paid|settled) (?:\w+ )?(?:my (?:debts|bills|rent)|everything|all (?:the|my) (?:bills|rent)|the rent)\b|\bput (?:\w+ ){0,2}(?:affairs|papers|things|everything) in order\b|\b(?:cleaned|emptied|cleared|tidied) (?:out )?(?:the whole|my whole|the entire|my entire|all of my) (?:flat|apartment|house|room|place)\b|\bdeleted (?:all )?my (?:accounts?|photos|messages)\b|\bquit my job and\b", True),
    Cue("afterwards", r"\b(?:no ?body|no ?one|they|my \w+|she|he) (?:\w+ )?(?:has|have|should have|will have|won'?t have) (?:\w+ ){0,3}(?:trouble|work|mess|to deal)\b[^.?!]{0,25}\b(?:afterwards?|after|later|with it|then)\b|\b(?:when|once|after) i'?m (?:not here|gone|no longer here)\b|\bwho gets (?:what|my)\b|\b(?:she|he|they)'?ll (?:be|have) (?:\w+ )?(?:happy|better|fine|looked after|okay) (?:there|with (?:him|her|them)|now)\b", True),
    Cue("calm", r"\b(?:calm|peaceful|light|free|at peace|relieved|okay) (?:\w+ )?for the first time\b|\bfirst time in (?:\w+ )?(?:months|years|weeks)\b[^.?!]{0,25}\b(?:calm|light|free|peace)\b|\b(?:strangely|finally|completely|suddenly|so|very) (?:calm|peaceful|at peace|serene)\b|\b(?:at peace|made (?:my )?peace)\b|\b(?:felt|feel|feeling|been) (?:this|so) (?:light|calm|free|peaceful) (?:in|for) (?:\w+ )?(?:years|months|weeks|long|time)\b|\b(?:it'?s|it is|everything'?s|everything is) (?:\w+ )?(?:sorted|arranged|settled|taken care of|in order|decided)\b|\bno longer (?:afraid|scared)\b", False),
    Cue("farewell", r"\b(?:say|said|saying) (?:\w+ )?good ?bye\b|\bgood ?bye (?:properly|then|now)\b|\btake (?:good )?care of (?:yourself|yourselves|each other)\b|\byou(?:'ve| have) (?:\w+ )?(?:been (?:so |very |always )?(?:good|kind|patient|there)|listened|been a good)\b|\bthank(?:s| you) (?:\w+ )?for (?:everything|all (?:you|of|the|those|these|your)|always|listening all|being (?:there|my friend|a friend|kind|you))\b|\bthe (?:storm|fight|battle|struggle) is over\b|\bremember me\b|\bforgive me\b|\bone last (?:time|thing)\b", False),
)  # fmt: skip
PATTERNS: Final = tuple(compiled(cue.pattern) for cue in CUES)
_EXPLAINED: Final = compiled(
    r"\b(?:mov(?:e|ed|ing) (?:to|in|out|away|abroad|house|flat|home|back|next|on)|relocat\w+|emigrat\w+|new (?:job|flat|apartment|house|city|country|owner|place)|abroad|travel\w*|trip\b|journey|backpack\w*|semester|retir\w+|declutter\w*|clear[- ]?out|clearing out|charity|goodwill|thrift|minimalis\w+|downsiz\w+|spring[- ]clean\w*|sold|selling|ebay|graduat\w+|last day (?:at|of) (?:work|school)|birthday|christmas|adopt\w*|allerg\w+|lease|visa|movers|flight|plane|contract|(?:flat|apartment|job|house|room) (?:there|in \w+)|holidays?|vacation)\b"
)


def signals(readings: Sequence[tuple[int, Reading]], numbers: Sequence[int]) -> list[Signal]:
    """One signal where the kinds of CUES named by `numbers` stand together, at the last of them; else none."""
    if len(numbers) < ENOUGH or not _mixed(numbers):
        return []
    places = sorted(_places(readings, numbers), key=lambda place: place[0])
    best: list[tuple[int, int, Signal]] = []
    for last in range(len(places)):
        near = [place for place in places[: last + 1] if place[0] >= places[last][0] - WINDOW_CHARS]
        if len({number for _, number, _ in near}) > len({number for _, number, _ in best}):
            best = near
    kinds = {number for _, number, _ in best}
    if len(kinds) < ENOUGH or not _mixed(kinds) or any(_EXPLAINED.search(reading.text) for _, reading in readings):
        return []
    return [best[-1][2]]


def _mixed(numbers: Sequence[int] | set[int]) -> bool:
    return any(CUES[number].leaves for number in numbers) and any(not CUES[number].leaves for number in numbers)


def _places(readings: Sequence[tuple[int, Reading]], numbers: Sequence[int]) -> list[tuple[int, int, Signal]]:
    """Place in the running user text, the cue's number, and where it stands."""
    found = []
    offset = 0
    for index, reading in readings:
        for number in numbers:
            for count, match in enumerate(PATTERNS[number].finditer(reading.text)):
                if count >= _MAX_PLACES:
                    break
                if not context.is_about_texts(reading.text, *match.span()):
                    place = _signal(index, reading.place(match.start()), reading.place(match.end()))
                    found.append((offset + match.start(), number, place))
        offset += len(reading.text) + 2
    return found


def _signal(index: int, start: int, end: int) -> Signal:
    return Signal(
        "leave_taking", SignalFamily.SUICIDAL_IDEATION.value, "passive_ideation", _SEVERITY, index, start, end,
        signal=CrisisSignal.SUICIDAL_IDEATION.value,
    )  # fmt: skip
